import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./text-file.ts";

const text = "password: pä\u20acss\nlisten: x\n";

test("UTF-8 is read, with or without a byte order mark", () => {
  assert.equal(textOf(Buffer.from(text)), text);
  assert.equal(textOf(Buffer.from(`\ufeff${text}`)), text);
  assert.equal(textOf(Buffer.of()), "");
});

for (const [what, bytes] of [
  ["with a byte order mark", Buffer.from(`\ufeff${text}`, "utf16le")],
  ["without one", Buffer.from(text, "utf16le")],
  ["the other way round", Buffer.from(text, "utf16le").swap16()],
] as const) {
  test(`UTF-16 ${what} is refused by its name`, () => {
    assert.throws(() => textOf(bytes), { message: "it is UTF-16; save it as UTF-8" });
  });
}

test("what is not UTF-8 is refused with its line", () => {
  const bytes = Buffer.from("listen: x\n\npassword: p\xe4ss\nmore: 1\n", "latin1");
  assert.throws(() => textOf(bytes), {
    message: "line 3 is not UTF-8; save the file as UTF-8",
  });
});
