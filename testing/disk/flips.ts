import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { createRandom, type Random } from "../history/random.ts";
import { acquire, collect } from "../log-entries.ts";
import { damageOf } from "./damages.ts";
import { createSample, type Sample } from "./sample.ts";
import { judge } from "./verdict.ts";

/** What happens to bytes on a disk happens to large logs, again and again. */
export const flips: Campaign = campaignBySeed("flips", async (seed, add) => {
  const random = createRandom(seed);
  const sample = await largeSample(random);
  add({ logs: 1 });
  for (let count = 0; count < damagesPerLog; count++) {
    const { damage, story } = damageOf(sample, random);
    try {
      const verdict = await judge(sample, damage);
      add({ damages: 1, [verdict]: 1 });
    } catch (cause) {
      throw new Error(story, { cause });
    }
  }
});

const damagesPerLog = 25;

/** Some MiB in a dozen segments, with two snapshots. */
function largeSample(random: Random): Promise<Sample> {
  const length = 300 + random.below(600);
  const appends = Array.from({ length }, () => {
    const commands = random.chance(0.1) ? 200 : 1 + random.below(5);
    return Array.from({ length: commands }, () =>
      random.chance(0.3) ? collect(random.below(1000)) : acquire(["p".repeat(random.below(300))]),
    );
  });
  const places = appends.map((_, place) => place);
  return createSample({
    end: random.pick(["closed", "killed"]),
    durability: random.pick(["always", "relaxed"]),
    segmentBytes: random.pick([50_000, 200_000]),
    appends,
    syncsAfter: new Set(places.filter(() => random.chance(0.1))),
    snapshots: new Map([
      [random.below(length >> 1), 1 + random.below(5_000)],
      [(length >> 1) + random.below(length >> 1), 1 + random.below(5_000)],
    ]),
  });
}
