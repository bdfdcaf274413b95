import assert from "node:assert/strict";
import { test } from "node:test";
import type { Write } from "./log-stream.ts";
import { writeOut } from "./stdout.ts";

/** Follows a script: takes so many bytes, or fails with this code. */
function pipeThat(...does: readonly (number | string)[]): { write: Write; taken(): string } {
  const steps = [...does];
  let taken = "";
  return {
    write(bytes, offset) {
      const step = steps.shift() ?? Number.POSITIVE_INFINITY;
      if (typeof step === "string") throw Object.assign(new Error(step), { code: step });
      const part = Buffer.from(bytes.subarray(offset, offset + step));
      taken += part.toString();
      return part.length;
    },
    taken: () => taken,
  };
}

test("what is taken in parts is written wholly and in order", async () => {
  const pipe = pipeThat(3, 1);
  await writeOut(Buffer.from("a backup"), pipe.write);
  assert.equal(pipe.taken(), "a backup");
});

test("a pipe whose reader is slow is waited for", async () => {
  const pipe = pipeThat("EAGAIN", 2, "EAGAIN", "EAGAIN");
  await writeOut(Buffer.from("a backup"), pipe.write);
  assert.equal(pipe.taken(), "a backup");
});

for (const code of ["ENOSPC", "EPIPE", "EIO"]) {
  test(`${code} is told, also when a part was taken`, async () => {
    const pipe = pipeThat(2, code);
    await assert.rejects(writeOut(Buffer.from("a backup"), pipe.write), { code });
    assert.equal(pipe.taken(), "a ");
  });
}
