import assert from "node:assert/strict";
import { test } from "node:test";
import { allowMore, createAllowance, streamsAtFirst } from "./http2-allowance.ts";

/** What a client is told while so many of its streams wait, one after the other. */
function toldWhile(streamsMax: number, waitingCounts: readonly number[]) {
  const allowance = createAllowance(streamsMax);
  const told: unknown[] = [];
  const session = { settings: (settings: unknown) => void told.push(settings) };
  for (const count of waitingCounts) allowMore(allowance, session, count);
  return { streams: allowance.streams, told };
}

test("a client may have few streams open, and never more than the most", () => {
  assert.equal(createAllowance(10_000).streams, streamsAtFirst);
  assert.equal(createAllowance(10).streams, 10);
});

test("a client half of whose streams wait is told that it may have twice as many", () => {
  assert.deepEqual(toldWhile(10_000, [1, 127]), { streams: 256, told: [] });
  assert.deepEqual(toldWhile(10_000, [128, 128, 255, 256]), {
    streams: 1024,
    told: [{ maxConcurrentStreams: 512 }, { maxConcurrentStreams: 1024 }],
  });
});

test("it never gets more than the most, and never less than it was told", () => {
  assert.deepEqual(toldWhile(300, [200, 300, 0]), {
    streams: 300,
    told: [{ maxConcurrentStreams: 300 }],
  });
});
