/**
 * The header by which a proxy tells on whose behalf it connects, in version 1 (text) and 2 (binary) of the
 * PROXY protocol; https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.
 */
import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { isBeginningOf, startsWith } from "./first-bytes.ts";

export type ProxyHeader =
  | {
      readonly type: "valid";
      /** Length of the header; the client's bytes follow. */
      readonly bytes: number;
      /**
       * The client's IP address. `undefined`: the proxy speaks for itself, as in a health check, or for a
       * client without an IP address.
       */
      readonly clientAddress: string | undefined;
    }
  | { readonly type: "partial" }
  | { readonly type: "missing" }
  | { readonly type: "malformed"; readonly fault: string };

const version1Start = Buffer.from("PROXY ");
const version2Start = Buffer.from("\r\n\r\n\0\r\nQUIT\n");

/** The first bytes of every header. */
export const proxyStarts: readonly Buffer[] = [version1Start, version2Start];

/** Reads the header at the start of a connection's bytes. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (startsWith(bytes, version2Start)) return readVersion2(bytes);
  if (startsWith(bytes, version1Start)) return readVersion1(bytes);
  const isPartial = isBeginningOf(bytes, version2Start) || isBeginningOf(bytes, version1Start);
  return { type: isPartial ? "partial" : "missing" };
}

/** Bytes of the longest line, with its end; section 2.1. */
const lineBytesMax = 107;

function readVersion1(bytes: Uint8Array): ProxyHeader {
  const text = Buffer.from(bytes.subarray(0, lineBytesMax)).toString("latin1");
  const lineBytes = text.indexOf("\n") + 1;
  if (lineBytes === 0) {
    return text.length < lineBytesMax ? { type: "partial" } : malformed("a line that is too long");
  }
  const line = text.slice(0, lineBytes);
  if (/^PROXY UNKNOWN(?: .*)?\r\n$/.test(line)) return valid(lineBytes, undefined);
  const [, family, source = "", target = "", ...ports] =
    /^PROXY (TCP[46]) (\S+) (\S+) (\d+) (\d+)\r\n$/.exec(line) ?? [];
  if (family === undefined) return malformed("a line with other fields");
  const isAddress = family === "TCP4" ? isIPv4 : isPlainIPv6;
  if (!isAddress(source) || !isAddress(target)) return malformed(`no address of ${family}`);
  if (!ports.every(isPort)) return malformed("no port");
  return valid(lineBytes, canonical(source));
}

function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes("%");
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Bytes in front of the addresses; section 2.2. */
const headBytes = 16;

/** Bytes behind the head. The format allows 64 KiB; a chain of certificates in an extension takes a few. */
const blockBytesMax = 16 * 1024;

/** Bytes of both addresses and ports, by the number of the family: unspecified, IPv4, IPv6, unix. */
const addressBytes = [0, 12, 36, 216] as const;

const ipv4 = 1;
const ipv6 = 2;

/** Numbers of the transports: unspecified, stream, datagram. */
const transportUnspecified = 0;
const transportMax = 2;

function readVersion2(bytes: Uint8Array): ProxyHeader {
  if (bytes.length < headBytes) return { type: "partial" };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.readUInt8(12) >> 4;
  const command = view.readUInt8(12) & 0xf;
  const blockBytes = view.readUInt16BE(14);
  if (version !== 2) return malformed(`version ${version}`);
  if (command > 1) return malformed(`command ${command}`);
  if (blockBytes > blockBytesMax) return malformed("a header that is too long");
  if (command === 0) return whole(view, blockBytes, () => undefined);

  const family = view.readUInt8(13) >> 4;
  const transport = view.readUInt8(13) & 0xf;
  const addressesBytes = addressBytes[family];
  if (addressesBytes === undefined || transport > transportMax) {
    return malformed(`family ${family} with transport ${transport}`);
  }
  if (blockBytes < addressesBytes) return malformed("addresses that are too short");
  const isAddressed = transport !== transportUnspecified;
  return whole(view, blockBytes, () => (isAddressed ? sourceIn(view, family) : undefined));
}

/** The extensions behind the addresses are skipped. */
function whole(
  view: Buffer,
  blockBytes: number,
  clientAddress: () => string | undefined,
): ProxyHeader {
  const bytes = headBytes + blockBytes;
  return view.length < bytes ? { type: "partial" } : valid(bytes, clientAddress());
}

function sourceIn(view: Buffer, family: number): string | undefined {
  const addresses = view.subarray(headBytes);
  if (family === ipv4) return addresses.subarray(0, 4).join(".");
  if (family !== ipv6) return undefined;
  const groups = Array.from({ length: 8 }, (_, group) => addresses.readUInt16BE(2 * group));
  return canonical(groups.map((group) => group.toString(16)).join(":"));
}

/** Each address has one text. An IPv4 address that is mapped into IPv6 is the IPv4 address. */
function canonical(text: string): string {
  const family = isIPv4(text) ? "ipv4" : "ipv6";
  const { address } = new SocketAddress({ address: text, family });
  const [, mapped] = /^::ffff:([\d.]+)$/.exec(address) ?? [];
  return mapped ?? address;
}

function valid(bytes: number, clientAddress: string | undefined): ProxyHeader {
  return { type: "valid", bytes, clientAddress };
}

function malformed(fault: string): ProxyHeader {
  return { type: "malformed", fault };
}
