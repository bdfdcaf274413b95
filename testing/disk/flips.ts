import { inspect } from "node:util";
import { acquire, collect } from "../../src/log/log.suite.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { createRandom, type Random } from "../history/random.ts";
import { damageOf } from "./damages.ts";
import { createSample, type Sample } from "./sample.ts";
import { judge, type Verdict } from "./verdict.ts";

/** What happens to bytes on a disk happens to large logs, again and again. */
export const flips: Campaign = {
  name: "flips",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const figures: Figures = { logs: 0, damages: 0 };
    const failures: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      if (performance.now() > deadlineMs || failures.length > 0) break;
      try {
        await run(seed, figures);
      } catch (error) {
        failures.push(
          `${inspect(error)}\n\nTo repeat: npm run campaign -- flips --count 1 --seed ${seed}\n`,
        );
      }
      progress({ ...figures });
    }
    return { figures, failures };
  },
};

type Figures = { logs: number; damages: number } & Partial<Record<Verdict, number>>;

const damagesPerLog = 25;

async function run(seed: number, figures: Figures): Promise<void> {
  const random = createRandom(seed);
  const sample = await largeSample(random);
  figures.logs += 1;
  for (let count = 0; count < damagesPerLog; count++) {
    const { damage, story } = damageOf(sample, random);
    try {
      const verdict = await judge(sample, damage);
      figures.damages += 1;
      figures[verdict] = (figures[verdict] ?? 0) + 1;
    } catch (cause) {
      throw new Error(story, { cause });
    }
  }
}

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
