const anyMask = Buffer.of(0x37, 0xfa, 0x21, 0x3d);

export interface ClientFrameOptions {
  readonly isFinal?: boolean;
  /** Four bytes. */
  readonly mask?: Uint8Array;
}

/** A frame as a client sends it: masked (RFC 6455, section 5.3), final unless told otherwise. */
export function clientFrame(
  opcode: number,
  payload: string | Uint8Array,
  { isFinal = true, mask = anyMask }: ClientFrameOptions = {},
): Buffer {
  const data = Buffer.from(payload);
  const masked = data.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([headerOf((isFinal ? 0x80 : 0) | opcode, data.length), mask, masked]);
}

/** The header up to the mask; RFC 6455, section 5.2. */
function headerOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.of(first, 0x80 | length);
  if (length < 65_536) return Buffer.of(first, 0xfe, length >> 8, length & 0xff);
  const long = Buffer.alloc(10);
  long.writeUInt16BE((first << 8) | 0xff);
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}
