import { clientFrame } from "./loopback.ts";

const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2 } as const;

/** What goes into one frame of the clients here; longer messages go in fragments. */
const frameBytesMax = 60_000;

/** A whole WebSocket message as a client sends it: a string as a text, bytes as binary. */
export function clientMessage(message: string | Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  const frames: Buffer[] = [];
  let opcode: number = typeof message === "string" ? opcodes.text : opcodes.binary;
  for (let at = 0; at === 0 || at < bytes.length; at += frameBytesMax) {
    const isFinal = at + frameBytesMax >= bytes.length;
    frames.push(clientFrame(opcode, bytes.subarray(at, at + frameBytesMax), { isFinal }));
    opcode = opcodes.continuation;
  }
  return Buffer.concat(frames);
}
