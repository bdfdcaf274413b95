import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { createWarnings } from "./warnings.ts";

test("each reason is logged at most once a second", () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line).reason) });
  let nowMs = 0;
  const { warn } = createWarnings({ api: "test", clock: { nowMs: () => nowMs }, logger });
  for (const ms of [0, 0, 999, 1000, 1001]) {
    nowMs = ms;
    warn("rubbish", {});
    if (ms === 999) warn("subscription_refused", {});
  }
  assert.deepEqual(lines, ["rubbish", "subscription_refused", "rubbish"]);
});
