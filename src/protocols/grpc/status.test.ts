import assert from "node:assert/strict";
import { test } from "node:test";
import { callFailed } from "./status.ts";

test("a status does not quote more of a client than a line", () => {
  assert.equal(callFailed("internal", "x".repeat(256)).message.length, 256);
  assert.equal(callFailed("internal", "x".repeat(16_000)).message, `${"x".repeat(256)}…`);
});
