import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNone } from "../testing/campaigns/campaign.ts";
import { createRandom } from "../testing/history/random.ts";
import { simulation } from "../testing/simulation/campaign.ts";
import { chooseScenario } from "../testing/simulation/scenario.ts";
import { simulate } from "../testing/simulation/simulation.ts";

/** Each run takes new seeds. `SEED=…` repeats one, `SEEDS=…` sets how many there are. */
const firstSeed = Number(process.env.SEED ?? randomInt(2 ** 30));
const count = Number(process.env.SEEDS ?? (process.env.SEED === undefined ? 400 : 1));
/** Seeds of one test. */
const partMax = 200;

for (let seed = firstSeed; seed < firstSeed + count; seed += partMax) {
  const part = Math.min(partMax, firstSeed + count - seed);
  test(`servers keep their promises in the ${part} simulated worlds from ${seed} on`, async (t) => {
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
    const { story } = await simulate(seed, { isTraced: true });
    for (const line of story) {
      const speed = /has a clock that runs at (.*)$/.exec(line)?.[1];
      if (speed !== undefined) speeds.add(Number(speed));
    }
  }
  assert.ok(speeds.size > 20, `${speeds.size} speeds`);
  for (const speed of speeds) assert.ok(speed >= 0.95 && speed <= 1.05, `${speed}`);
});

test("most worlds have one node, and some have two or three", async () => {
  const seen = new Map<number, number>();
  for (let seed = firstSeed; seed < firstSeed + 300; seed++) {
    const { nodeCount } = chooseScenario(createRandom(seed));
    seen.set(nodeCount, (seen.get(nodeCount) ?? 0) + 1);
  }
  const [one = 0, two = 0, three = 0] = [1, 2, 3].map((nodeCount) => seen.get(nodeCount));
  assert.ok(one > two && two > three && three > 0, `${one}, ${two} and ${three}`);
});

for (const nodeCount of [1, 2, 3]) {
  test(`with ${nodeCount} nodes the same seed is the same story, to the last line`, async () => {
    const { story, counts } = await simulate(firstSeed, { isTraced: true, nodeCount });
    const again = await simulate(firstSeed, { isTraced: true, nodeCount });
    assert.ok(story.length > 0);
    assert.deepEqual(again.story, story);
    assert.deepEqual(again.counts, counts);
  });

  test(`in a world of ${nodeCount} nodes clients connect to each of them`, async () => {
    const nodes = new Set<string>();
    for (let seed = firstSeed; seed < firstSeed + 5; seed++) {
      const { story } = await simulate(seed, { isTraced: true, nodeCount });
      for (const line of story) {
        const node = /(?:connects to|asks) (n\d)/.exec(line)?.[1];
        if (node !== undefined) nodes.add(node);
      }
    }
    assert.deepEqual([...nodes].sort(), ["n1", "n2", "n3"].slice(0, nodeCount));
  });
}
