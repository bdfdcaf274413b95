import assert from "node:assert/strict";

/** What a server says over a WebSocket, pings and pongs left out. */
export type ServerWord =
  | { readonly type: "text"; readonly text: string }
  /** The code is 1005 when the frame carries none; RFC 6455, section 7.1.5. */
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/**
 * The whole frames at the beginning of what was received, one character per byte (RFC 6455, section
 * 5.2). Fails on what a server must not send: masked, fragmented or reserved frames.
 */
export function readServerFrames(received: string): readonly ServerWord[] {
  const bytes = Buffer.from(received, "latin1");
  const words: ServerWord[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const { opcode, payloadStart, payloadEnd } = readHeader(bytes, at);
    if (payloadEnd > bytes.length) break;
    const payload = bytes.subarray(payloadStart, payloadEnd);
    if (opcode === opcodes.text) words.push({ type: "text", text: payload.toString() });
    if (opcode === opcodes.close) words.push(closeWord(payload));
    at = payloadEnd;
  }
  return words;
}

const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** While the header is not whole, the end is beyond the bytes. */
function readHeader(bytes: Buffer, at: number) {
  const first = bytes.readUInt8(at);
  const second = bytes.readUInt8(at + 1);
  assert.equal(first & 0xf0, 0x80, "a frame that is not final, or has reserved bits");
  assert.ok(second < 0x80, "a masked frame");
  const opcode = first & 0x0f;
  assert.ok(Object.values<number>(opcodes).includes(opcode), `a frame with opcode ${opcode}`);
  const lengthStart = at + 2;
  const payloadStart = lengthStart + (second === 126 ? 2 : second === 127 ? 8 : 0);
  if (payloadStart > bytes.length) return { opcode, payloadStart, payloadEnd: payloadStart };
  const payloadBytes =
    second === 126
      ? bytes.readUInt16BE(lengthStart)
      : second === 127
        ? Number(bytes.readBigUInt64BE(lengthStart))
        : second;
  return { opcode, payloadStart, payloadEnd: payloadStart + payloadBytes };
}

function closeWord(payload: Buffer): ServerWord {
  const code = payload.length === 0 ? 1005 : payload.readUInt16BE(0);
  return { type: "close", code, reason: payload.toString("utf8", 2) };
}
