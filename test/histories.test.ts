import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { playHistory, replayHistory } from "../testing/histories.ts";

/**
 * New histories in every run; `SEED=…` plays one again, `HISTORIES=…` plays more or fewer than half a
 * minute allows.
 */
const seeds = process.env.SEED === undefined ? newSeeds() : [Number(process.env.SEED)];

test("the core does what its naive model does, whatever is asked and however time passes", () => {
  for (const seed of seeds) insist(seed, playHistory(seed));
});

test("the same entries have the same effects and leave the same state", () => {
  for (const seed of seeds.slice(0, Math.ceil(seeds.length / 20))) {
    insist(seed, replayHistory(seed));
  }
});

function newSeeds(): readonly number[] {
  const first = randomInt(2 ** 31);
  const length = Number(process.env.HISTORIES ?? 50_000);
  return Array.from({ length }, (_, place) => first + place);
}

/** Fails with the story of what went wrong, if anything did, and with the way to see it again. */
function insist(seed: number, story: string | undefined): void {
  if (story === undefined) return;
  assert.fail(`${story}\n\nTo repeat: SEED=${seed} node --test test/histories.test.ts\n`);
}
