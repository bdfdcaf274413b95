import type { Socket } from "node:net";
import { awaitFirstBytes, isBeginningOf, type Judgement, startsWith } from "./first-bytes.ts";

/** The protocol that the first bytes of a connection announce. */
export type Opening = "http1" | "http2" | "stream" | "tls";

/** RFC 9113, section 3.4; the HTTP/2 side checks the rest of the preface. */
const http2Preface = Buffer.from("PRI * HTTP/2.0");

/** The content type of a TLS handshake record and its major version; RFC 8446, section 5.1. */
const tlsHandshake = Buffer.from([0x16, 0x03]);

/** JSON's white space (RFC 8259, section 2) and the start of an object. */
const jsonStarts = new Set(Buffer.from(" \t\r\n{"));

/** `undefined` when the bytes are too few to decide; 14 always suffice. */
export function openingOf(bytes: Uint8Array): Opening | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if (jsonStarts.has(first)) return "stream";
  if (startsWith(bytes, http2Preface)) return "http2";
  if (startsWith(bytes, tlsHandshake)) return "tls";
  return isBeginningOf(bytes, http2Preface) || isBeginningOf(bytes, tlsHandshake)
    ? undefined
    : "http1";
}

/** Calls `decided` with the socket paused and its bytes unread; the next reader resumes it. */
export function awaitOpening(socket: Socket, decided: (opening: Opening) => void): void {
  awaitFirstBytes(socket, judge, decided);
}

function judge(bytes: Buffer): Judgement<Opening> | undefined {
  const value = openingOf(bytes);
  return value && { value, bytesTaken: 0 };
}
