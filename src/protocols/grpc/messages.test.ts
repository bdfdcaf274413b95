import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMessageReader, withPrefix } from "./messages.ts";
import { statusMessage } from "./status.ts";
import { parseTimeout } from "./timeout.ts";

const bytesMax = 1000;

test("messages come out as they went in, however they are cut on their way", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(messages, cuts, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(withPrefix));
      const reader = createMessageReader(bytesMax);
      const received: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = at + (sizes[turn % sizes.length] as number);
        const read = reader.read(bytes.subarray(at, end));
        assert.ok(!("code" in read));
        received.push(...read);
        at = end;
      }
      assert.deepEqual(received.map(hex), sent.map(hex));
      assert.equal(reader.isWithin, false);
    }),
  );
});

test("a reader knows whether it is within a message", () => {
  const reader = createMessageReader(bytesMax);
  const bytes = withPrefix(Buffer.from("invoices"));
  for (const byte of bytes.subarray(0, -1)) {
    assert.deepEqual(reader.read(Uint8Array.of(byte)), []);
    assert.equal(reader.isWithin, true);
  }
  assert.deepEqual(reader.read(bytes.subarray(-1)).toString(), "invoices");
  assert.equal(reader.isWithin, false);
});

test("a message that says it is too long is refused before it comes", () => {
  const prefix = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
  assert.deepEqual(createMessageReader(bytesMax).read(prefix), {
    code: 8,
    message: "a message of 4294967295 bytes is longer than 1000, the most that is taken",
  });
  const fits = createMessageReader(bytesMax).read(withPrefix(Buffer.alloc(bytesMax)));
  assert.ok(!("code" in fits) && fits.length === 1);
});

test("a message that is compressed is refused", () => {
  const read = createMessageReader(bytesMax).read(Buffer.from([1, 0, 0, 0, 0]));
  assert.ok("code" in read && read.code === 13);
});

test("a long message in crumbs is read whole", () => {
  const reader = createMessageReader(1_000_000);
  const bytes = withPrefix(Buffer.alloc(1_000_000));
  let count = 0;
  for (let at = 0; at < bytes.length; at += 4) {
    const read = reader.read(bytes.subarray(at, at + 4));
    assert.ok(!("code" in read));
    count += read.length;
  }
  assert.equal(count, 1);
});

const timeouts: readonly (readonly [text: string, ms: number | undefined])[] = [
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["3S", 3_000],
  ["40m", 40],
  ["1500u", 2],
  ["1n", 1],
  ["0S", 1],
  ["99999999H", 359_999_996_400_000],
  ["999999999S", undefined],
  ["1", undefined],
  ["S", undefined],
  ["-1S", undefined],
  ["1.5S", undefined],
  ["1s", undefined],
  ["1 S", undefined],
  ["", undefined],
];

for (const [text, ms] of timeouts) {
  test(`grpc-timeout ${JSON.stringify(text)} is ${ms} ms`, () => {
    assert.equal(parseTimeout(text), ms);
  });
}

test("a status message is percent-encoded where HTTP could not carry it", () => {
  assert.equal(statusMessage("all is well"), "all is well");
  assert.equal(statusMessage("100 %\n"), "100 %25%0A");
  assert.equal(statusMessage("Hä🔑"), "H%C3%A4%F0%9F%94%91");
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
