/**
 * Frames that a server sends (RFC 6455, section 5.2), as byte strings: one character per byte. So
 * frames are joined by `+`, and a whole turn of them leaves as one latin1 write, which for small
 * writes needs no buffer at all.
 */
export type ByteString = string;

const finalText = 0x81;
const finalPing = 0x89;
const finalPong = 0x8a;

/** The longest payload whose length stands in the header's second byte, and in the two after it. */
const shortBytesMax = 125;
const mediumBytesMax = 65_535;

/** What stands in the second byte when the length is in the next two, or eight. */
const mediumMark = 126;
const longMark = 127;

const shortTextHeaders: readonly ByteString[] = Array.from(
  { length: shortBytesMax + 1 },
  (_, payloadBytes) => String.fromCharCode(finalText, payloadBytes),
);

export function textFrame(text: string): ByteString {
  // Only ASCII takes as many bytes in UTF-8 as it has characters, and is its own byte string.
  const isAscii = Buffer.byteLength(text) === text.length;
  const payload = isAscii ? text : Buffer.from(text).toString("latin1");
  return (shortTextHeaders[payload.length] ?? longerTextHeader(payload.length)) + payload;
}

/**
 * Frames texts for many peers. One that several of them are sent one after another, as an event is, is
 * framed once. A large one is laid out as bytes: what the kernel does not take at once waits for all of
 * them in the same ones.
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

/** Smaller ones cost less as a string. */
const largeBytesMin = 16 * 1024;

export const pingFrame: ByteString = String.fromCharCode(finalPing, 0);

/** Answers a ping with its own payload, which is at most 125 bytes; section 5.5.3. */
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
