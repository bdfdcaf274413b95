/** Frames of RFC 6455, section 5.2, masked with zeros, which leaves the payload as it is. */

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { isFinal = true }: { readonly isFinal?: boolean } = {},
): Buffer {
  const data = Buffer.from(payload);
  const mask = Buffer.alloc(4);
  return Buffer.concat([header((isFinal ? 0x80 : 0) | opcode, data.length), mask, data]);
}

export function textFrame(text: string): Buffer {
  return frame(opcodes.text, text);
}

function header(first: number, length: number): Buffer {
  if (length < 126) return Buffer.of(first, 0x80 | length);
  if (length < 65_536) return Buffer.of(first, 0xfe, length >> 8, length & 0xff);
  const long = Buffer.alloc(10);
  long.writeUInt16BE((first << 8) | 0xff);
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}
