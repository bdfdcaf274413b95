import type { Socket } from "node:net";
import { awaitFirstBytes, isBeginningOf, type Judgement, startsWith } from "./first-bytes.ts";
import { proxyStarts } from "./proxy-protocol.ts";

/** The protocol that the first bytes of a connection announce. */
export type KnownOpening = "http1" | "http2" | "stream" | "tls";

/** `proxy`: the header of a proxy hides the protocol. */
export type Opening = KnownOpening | "proxy";

const starts = [
  /** RFC 9113, section 3.4; the HTTP/2 side checks the rest of the preface. */
  { opening: "http2", bytes: Buffer.from("PRI * HTTP/2.0") },
  /** The content type of a TLS handshake record and its major version; RFC 8446, section 5.1. */
  { opening: "tls", bytes: Buffer.from([0x16, 0x03]) },
  ...proxyStarts.map((bytes) => ({ opening: "proxy", bytes }) as const),
] as const;

/** JSON's white space; RFC 8259, section 2. */
const blanks = new Set(Buffer.from(" \t\r\n"));

/** White space before a stream or, where it is empty lines, before a request (RFC 9112, section 2.2), in bytes. */
const blankBytesMax = 64;

const startOfObject = 0x7b;

/** `undefined` when the bytes are too few to decide; 65 always suffice. */
export function openingOf(bytes: Uint8Array): Opening | undefined {
  const start = starts.find((known) => startsWith(bytes, known.bytes));
  if (start !== undefined) return start.opening;
  const first = bytes.subarray(0, blankBytesMax + 1).find((byte) => !blanks.has(byte));
  if (first === undefined) return bytes.length > blankBytesMax ? "stream" : undefined;
  if (first === startOfObject) return "stream";
  return starts.some((known) => isBeginningOf(bytes, known.bytes)) ? undefined : "http1";
}

/** Calls `decided` with the socket paused and its bytes unread; the next reader resumes it. */
export function awaitOpening(socket: Socket, decided: (opening: Opening) => void): void {
  awaitFirstBytes(socket, judge, decided);
}

function judge(bytes: Buffer): Judgement<Opening> | undefined {
  const value = openingOf(bytes);
  return value && { value, bytesTaken: 0 };
}
