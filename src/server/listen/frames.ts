/** Frames that a server sends (RFC 6455, section 5.2). */
import {
  type ByteString,
  bufferOver,
  largeBytesMin,
  type Piece,
  pieceOf,
  rememberLast,
  utf8,
} from "./byte-string.ts";

const finalText = 0x81;
const finalBinary = 0x82;
const finalPing = 0x89;
const finalPong = 0x8a;

/** The longest payload whose length fits into the header's second byte, and into the two bytes behind it. */
const shortBytesMax = 125;
const mediumBytesMax = 65_535;

/** Values of the second byte that say: the length is in the next two bytes, or in the next eight. */
const mediumMark = 126;
const longMark = 127;

const shortTextHeaders: readonly ByteString[] = Array.from(
  { length: shortBytesMax + 1 },
  (_, payloadBytes) => String.fromCharCode(finalText, payloadBytes),
);

export function textFrame(text: string): ByteString {
  const payload = utf8(text);
  return (shortTextHeaders[payload.length] ?? headerOf(finalText, payload.length)) + payload;
}

export function binaryFrame(payload: Uint8Array): Piece {
  const header = headerOf(finalBinary, payload.length);
  return payload.length < largeBytesMin
    ? header + bufferOver(payload).toString("latin1")
    : Buffer.concat([Buffer.from(header, "latin1"), payload]);
}

/**
 * Frames messages for many connections, a string as text and bytes as binary. A message that goes to
 * several of them in a row, as an event does, is framed once.
 */
export function createFramer(): (data: string | Uint8Array) => Piece {
  return rememberLast((data) =>
    typeof data === "string" ? pieceOf(textFrame(data)) : binaryFrame(data),
  );
}

export const pingFrame: ByteString = String.fromCharCode(finalPing, 0);

/** Answers a ping with the ping's payload of at most 125 bytes; section 5.5.3. */
export function pongFrame(payload: Buffer): ByteString {
  return String.fromCharCode(finalPong, payload.length) + payload.toString("latin1");
}

function headerOf(first: number, payloadBytes: number): ByteString {
  if (payloadBytes <= shortBytesMax) return String.fromCharCode(first, payloadBytes);
  if (payloadBytes <= mediumBytesMax) {
    return String.fromCharCode(first, mediumMark, payloadBytes >> 8, payloadBytes & 0xff);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(payloadBytes));
  return String.fromCharCode(first, longMark, ...length);
}
