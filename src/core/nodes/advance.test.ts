import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createState } from "../apply.ts";
import type { FencingToken, LogIndex, TimeMs } from "../ids.ts";
import { advanceMax } from "../limits.ts";
import { restore, snapshot } from "../snapshot.ts";
import { advance } from "./advance.ts";

for (const by of [0, -1, 0.5, Number.NaN, advanceMax + 1]) {
  test(`an advance by ${by} is refused and changes nothing`, () => {
    const state = createState();
    assert.throws(() => advance(state, by), RangeError);
    assert.deepEqual(state, createState());
  });
}

test("no number reaches 2^53", () => {
  const state = createState();
  state.lastToken = (2 ** 53 - 1 - advanceMax) as FencingToken;
  advance(state, advanceMax);
  assert.equal(state.lastToken, Number.MAX_SAFE_INTEGER);
  assert.throws(() => advance(state, 1), /no number is left/);
});

test("advances add up, and a snapshot keeps their sum", () => {
  const state = createState();
  for (const by of [5, 2 ** 32]) {
    const index = (state.index + 1) as LogIndex;
    assert.deepEqual(
      apply(state, { index, at: 0 as TimeMs, command: { type: "advance", by } }),
      [],
    );
  }
  assert.equal(restore(snapshot(state)).advancedBy, 2 ** 32 + 5);
});
