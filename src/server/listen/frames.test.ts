import assert from "node:assert/strict";
import { test } from "node:test";
import { binaryFrame, createFramer, pingFrame, pongFrame, textFrame } from "./frames.ts";

/** RFC 6455, section 5.7 and the bounds of section 5.2. */
const headers: ReadonlyArray<{ payloadBytes: number; header: string }> = [
  { payloadBytes: 0, header: "8100" },
  { payloadBytes: 5, header: "8105" },
  { payloadBytes: 125, header: "817d" },
  { payloadBytes: 126, header: "817e007e" },
  { payloadBytes: 65_535, header: "817effff" },
  { payloadBytes: 65_536, header: "817f0000000000010000" },
];

for (const { payloadBytes, header } of headers) {
  test(`a text of ${payloadBytes} bytes has the header ${header}`, () => {
    const text = "x".repeat(payloadBytes);
    assert.equal(hex(textFrame(text)), header + Buffer.from(text).toString("hex"));
  });

  test(`as many bytes have the same header, but for the opcode`, () => {
    const bytes = Buffer.alloc(payloadBytes, 0xe9);
    const frame = Buffer.from(binaryFrame(bytes) as string, "latin1").toString("hex");
    assert.equal(frame, `82${header.slice(2)}${bytes.toString("hex")}`);
  });
}

const texts: ReadonlyArray<{ what: string; text: string; utf8: string }> = [
  { what: "Latin", text: "é", utf8: "c3a9" },
  { what: "the last ASCII and the first that is none", text: "\x7f\x80", utf8: "7fc280" },
  { what: "beyond the basic plane", text: "🔒", utf8: "f09f9492" },
  { what: "half a pair", text: "\ud83d", utf8: "efbfbd" },
  { what: "a byte order mark", text: "\ufeffa", utf8: "efbbbf61" },
];

for (const { what, text, utf8 } of texts) {
  test(`a text with ${what} is sent as UTF-8`, () => {
    assert.equal(hex(textFrame(text)), `810${utf8.length / 2}${utf8}`);
  });
}

test("the length in the header is in bytes, not in characters", () => {
  assert.equal(hex(textFrame("é".repeat(63))).slice(0, 8), "817e007e");
});

test("a ping is empty and a pong gives the payload back, whatever its bytes", () => {
  assert.equal(hex(pingFrame), "8900");
  assert.equal(hex(pongFrame(Buffer.of(0x00, 0x80, 0xff))), "8a030080ff");
});

test("bytes are framed as they are, also as a part of others", () => {
  const frameOf = createFramer();
  const bytes = Uint8Array.of(0xff, 0x00, 0x80, 0xc3, 0xff);
  assert.equal(hex(frameOf(bytes.subarray(1, 4)) as string), "82030080c3");
});

test("large bytes that are sent again are the same frame, and others are not", () => {
  const frameOf = createFramer();
  const [large, other] = [new Uint8Array(20_000), new Uint8Array(20_000)];
  const frame = frameOf(large);
  assert.equal(frameOf(large), frame);
  assert.notEqual(frameOf(other), frame);
});

test("a large text that is sent again is the same bytes, and another one is not", () => {
  const frameOf = createFramer();
  const [large, other] = ["é".repeat(20_000), "é".repeat(20_001)];
  const frame = frameOf(large);
  assert.equal(frameOf(large), frame);
  assert.equal(hex(frame.toString("latin1")), hex(textFrame(large)));
  assert.equal(hex(frameOf(other).toString("latin1")), hex(textFrame(other)));
  assert.equal(frameOf("small"), textFrame("small"));
});

function hex(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}
