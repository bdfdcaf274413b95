/**
 * Frames that a server sends (RFC 6455, section 5.2), as byte strings: one character per byte. That way
 * `+` joins frames, and a whole turn of them leaves as one latin1 write, which needs no buffer when it
 * is small.
 */
export type ByteString = string;

const finalText = 0x81;
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
  // Only ASCII has as many bytes in UTF-8 as characters, and ASCII is its own byte string.
  const isAscii = Buffer.byteLength(text) === text.length;
  const payload = isAscii ? text : Buffer.from(text).toString("latin1");
  return (shortTextHeaders[payload.length] ?? longerTextHeader(payload.length)) + payload;
}

/**
 * Frames texts for many connections. A text that goes to several of them in a row, as an event does, is
 * framed once. A large frame becomes a buffer, so that all connections whose kernel buffer is full
 * share the same bytes.
 */
export function createFramer(): (text: string) => ByteString | Buffer {
  let last: { readonly text: string; readonly frame: ByteString | Buffer } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, frame: laidOut(textFrame(text)) };
    return last.frame;
  };
}

function laidOut(frame: ByteString): ByteString | Buffer {
  return frame.length < largeBytesMin ? frame : Buffer.from(frame, "latin1");
}

/** Smaller frames are cheaper as strings. */
const largeBytesMin = 16 * 1024;

export const pingFrame: ByteString = String.fromCharCode(finalPing, 0);

/** Answers a ping with the ping's payload of at most 125 bytes; section 5.5.3. */
export function pongFrame(payload: Buffer): ByteString {
  return String.fromCharCode(finalPong, payload.length) + payload.toString("latin1");
}

function longerTextHeader(payloadBytes: number): ByteString {
  if (payloadBytes <= mediumBytesMax) {
    return String.fromCharCode(finalText, mediumMark, payloadBytes >> 8, payloadBytes & 0xff);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(payloadBytes));
  return String.fromCharCode(finalText, longMark, ...length);
}
