import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNone } from "../testing/campaigns/campaign.ts";
import { simulation } from "../testing/simulation/campaign.ts";
import { simulate } from "../testing/simulation/simulation.ts";

/** New ones in every run; `SEED=…` plays one again, `SEEDS=…` plays more or fewer. */
const firstSeed = Number(process.env.SEED ?? randomInt(2 ** 30));
const count = Number(process.env.SEEDS ?? (process.env.SEED === undefined ? 2_000 : 1));
/** In one test. */
const partMax = 250;

for (let seed = firstSeed; seed < firstSeed + count; seed += partMax) {
  const part = Math.min(partMax, firstSeed + count - seed);
  test(`the server keeps its promises in the ${part} simulated worlds from ${seed} on`, async (t) => {
    const { figures, failures } = await simulation.run({
      firstSeed: seed,
      count: part,
      deadlineMs: Number.POSITIVE_INFINITY,
      progress() {},
    });
    assertNone(failures);
    t.diagnostic(JSON.stringify(figures));
  });
}

test("the clocks of clients run up to 5 % fast or slow, each at its own speed", async () => {
  const speeds = new Set<number>();
  for (let seed = firstSeed; seed < firstSeed + 20; seed++) {
    const { story } = await simulate(seed, { isTold: true });
    for (const line of story) {
      const speed = /has a clock that runs at (.*)$/.exec(line)?.[1];
      if (speed !== undefined) speeds.add(Number(speed));
    }
  }
  assert.ok(speeds.size > 20, `${speeds.size} speeds`);
  for (const speed of speeds) assert.ok(speed >= 0.95 && speed <= 1.05, `${speed}`);
});

test("the same seed is the same story, to the last line", async () => {
  const { story, counts } = await simulate(firstSeed, { isTold: true });
  const again = await simulate(firstSeed, { isTold: true });
  assert.ok(story.length > 0);
  assert.deepEqual(again.story, story);
  assert.deepEqual(again.counts, counts);
});
