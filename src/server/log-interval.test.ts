import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogInterval } from "./log-interval.ts";

test("a line of a kind goes into the log once a second, each kind by itself", () => {
  let nowMs = 0;
  const mayLog = createLogInterval({ nowMs: () => nowMs });
  assert.deepEqual([mayLog("a"), mayLog("a"), mayLog("b")], [true, false, true]);
  nowMs = 999;
  assert.equal(mayLog("a"), false);
  nowMs = 1000;
  assert.deepEqual([mayLog("a"), mayLog("b"), mayLog("b")], [true, true, false]);
});
