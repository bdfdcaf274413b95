/** Frames of RFC 6455, section 5.2, for attackers. */
import { clientFrame } from "../client-frame.ts";

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Leaves the payload as it is, so that frames are cheap to make. */
const zeros = Buffer.alloc(4);

export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { isFinal = true }: { readonly isFinal?: boolean } = {},
): Buffer {
  return clientFrame(opcode, payload, { isFinal, mask: zeros });
}

export function textFrame(text: string): Buffer {
  return frame(opcodes.text, text);
}
