import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";

/** The paths of the files, from the configuration. */
export interface CredentialFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

/** The server's certificate and key, and the authorities that it trusts. */
export interface Credentials {
  readonly context: Pick<SecureContextOptions, "cert" | "key" | "ca">;
  /** The server's own certificate; the ones behind it in the file are its chain. */
  readonly certificate: X509Certificate;
}

/** The server cannot use the files. The message names one of them. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Throws `CredentialsError`, but accepts an expired certificate. */
export function readCredentials({ cert, key, clientCa }: CredentialFiles): Credentials {
  const chain = read("tls.cert", cert);
  const [certificate] = certificatesIn("tls.cert", cert, chain);
  const secret = read("tls.key", key);
  if (!certificate.checkPrivateKey(privateKeyIn(key, secret))) {
    throw new CredentialsError(`tls.key: ${key} is not the key of the certificate in ${cert}`);
  }
  const authorities = clientCa === undefined ? undefined : read("tls.clientCa", clientCa);
  if (clientCa !== undefined && authorities !== undefined) {
    certificatesIn("tls.clientCa", clientCa, authorities);
  }
  const context = {
    cert: chain,
    key: secret,
    ...(authorities !== undefined && { ca: authorities }),
  };
  attempt(`tls.cert: ${cert} cannot be used`, () => createSecureContext(context));
  return { context, certificate };
}

function read(setting: string, path: string): string {
  return attempt(`${setting}: ${path} cannot be read`, () => readFileSync(path, "utf8"));
}

/** All certificates in order. OpenSSL itself would silently skip those behind a damaged one. */
function certificatesIn(
  setting: string,
  path: string,
  pem: string,
): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = pem
    .split(/^(?=-----BEGIN )/m)
    .filter((block) => /^-----BEGIN [A-Z\d ]*CERTIFICATE-----/.test(block))
    .map((block) =>
      attempt(`${setting}: ${path} holds a damaged certificate`, () => new X509Certificate(block)),
    );
  if (first === undefined) {
    throw new CredentialsError(`${setting}: ${path} holds no certificate in PEM form`);
  }
  return [first, ...others];
}

function privateKeyIn(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const problem = pem.includes("ENCRYPTED")
      ? "is locked by a passphrase; give the key without one"
      : "holds no private key in PEM form";
    throw new CredentialsError(`tls.key: ${path} ${problem}`, { cause });
  }
}

function attempt<T>(problem: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new CredentialsError(problem, { cause });
  }
}
