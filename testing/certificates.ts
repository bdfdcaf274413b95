/**
 * Certificates made on the spot, so that none lies about and ends one day: X.509 (RFC 5280) in DER
 * (X.690), as little of it as TLS needs.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** Both as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Identity {
  issue(wishes?: CertificateWishes): Identity;
  /** One whose certificate this one has signed. */
  issueAuthority(name: string): Authority;
}

export interface CertificateWishes {
  readonly name?: string;
  /** Names and IPv4 addresses of the server; by default those of the loopback. */
  readonly hosts?: readonly string[];
  /** A day ago by default. */
  readonly from?: Date;
  /** In 90 days by default. */
  readonly until?: Date;
}

/** One that stands for itself. */
export function createAuthority(name: string): Authority {
  const keys = newKeys();
  return authorityOf(name, keys, certify({ name, keys, isAuthority: true }, { name, keys }));
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Party {
  readonly name: string;
  readonly keys: Keys;
}

function authorityOf(name: string, keys: Keys, certificate: string): Authority {
  const self: Party = { name, keys };
  return {
    certificate,
    key: pemOf(keys),
    issue(wishes = {}) {
      const own = newKeys();
      const subject = { name: "localhost", keys: own, isAuthority: false, ...wishes };
      return { certificate: certify(subject, self), key: pemOf(own) };
    },
    issueAuthority(childName) {
      const own = newKeys();
      const subject = { name: childName, keys: own, isAuthority: true };
      return authorityOf(childName, own, certify(subject, self));
    },
  };
}

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function pemOf({ privateKey }: Keys): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

const dayMs = 24 * 3600 * 1000;

function certify(
  subject: Party & CertificateWishes & { readonly isAuthority: boolean },
  issuer: Party,
): string {
  const { from = new Date(Date.now() - dayMs), until = new Date(Date.now() + 90 * dayMs) } =
    subject;
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(subject),
    subject.keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensionsOf(subject))),
  );
  const signature = sign("sha256", toBeSigned, issuer.keys.privateKey);
  const bytes = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extensionsOf({
  hosts = ["localhost", "127.0.0.1"],
  isAuthority,
}: CertificateWishes & { readonly isAuthority: boolean }): readonly Buffer[] {
  const basicConstraints = sequence(...(isAuthority ? [der(0x01, Buffer.of(0xff))] : []));
  const names = hosts.map((host) =>
    isIP(host) === 4
      ? der(0x87, Buffer.from(host.split(".").map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  return [
    sequence(objectId("551d13"), der(0x04, basicConstraints)),
    ...(isAuthority ? [] : [sequence(objectId("551d11"), der(0x04, sequence(...names)))]),
  ];
}

/** The common name alone. */
function nameOf({ name }: Party): Buffer {
  return sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))));
}

/** GeneralizedTime, to the second. */
function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`));
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
