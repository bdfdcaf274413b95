import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "../../testing/turns.ts";
import { inTurns } from "./in-turns.ts";

/** Steps of 4 ms each, on a clock that they advance. */
function createWork(count: number) {
  const turns = createTurns();
  let nowMs = 0;
  let taken = 0;
  function* steps(): Generator<void, void, void> {
    for (; taken < count; taken += 1) {
      nowMs += 4;
      yield;
    }
  }
  const clock = { nowMs: () => nowMs, soon: turns.soon };
  return { turns, done: inTurns(steps(), clock), taken: () => taken };
}

test("what fits into a turn is done at once", async () => {
  const { done, taken } = createWork(2);
  assert.equal(taken(), 2);
  await done;
});

test("the rest waits for later turns", async () => {
  const { turns, done, taken } = createWork(7);
  const seen = [taken()];
  for (let turn = 0; turn < 3; turn += 1) {
    turns.end();
    seen.push(taken());
  }
  assert.deepEqual(seen, [2, 5, 7, 7]);
  await done;
});

test("a step that fails rejects, in whatever turn", async () => {
  const turns = createTurns();
  let nowMs = 0;
  function* steps(): Generator<void, void, void> {
    nowMs += 20;
    yield;
    throw new Error("a bug");
  }
  const done = inTurns(steps(), { nowMs: () => nowMs, soon: turns.soon });
  turns.end();
  await assert.rejects(done, { message: "a bug" });
});
