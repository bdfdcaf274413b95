import assert from "node:assert/strict";
import test from "node:test";
import { durationMax, formatDuration, parseDuration } from "./duration.ts";

const cases: readonly { readonly text: string; readonly ms: number; readonly shortest: string }[] =
  [
    { text: "0s", ms: 0, shortest: "0s" },
    { text: "500ms", ms: 500, shortest: "500ms" },
    { text: "10s", ms: 10_000, shortest: "10s" },
    { text: "60s", ms: 60_000, shortest: "1m" },
    { text: "5m", ms: 300_000, shortest: "5m" },
    { text: "1h30m", ms: 5_400_000, shortest: "1h30m" },
    { text: "90m", ms: 5_400_000, shortest: "1h30m" },
    { text: "1h1ms", ms: 3_600_001, shortest: "1h1ms" },
    { text: "1h2m3s4ms", ms: 3_723_004, shortest: "1h2m3s4ms" },
  ];

for (const { text, ms, shortest } of cases) {
  test(`${text} is ${ms} ms, shortest written ${shortest}`, () => {
    assert.equal(parseDuration(text), ms);
    assert.equal(formatDuration(ms), shortest);
    assert.equal(parseDuration(shortest), ms);
  });
}

for (const text of ["", "10", "s", "1.5s", "-1s", "1s1m", "1s1s", "1 s", "1S", "1d", "1h ", "∞s"]) {
  test(`${JSON.stringify(text)} is no duration`, () => {
    assert.equal(parseDuration(text), undefined);
  });
}

test("the longest duration fits a timer of Node, which fires at once when it does not", () => {
  assert.ok((parseDuration(durationMax) ?? Number.POSITIVE_INFINITY) <= 2 ** 31 - 1);
});
