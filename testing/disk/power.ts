import { inspect } from "node:util";
import type { TimeMs } from "../../src/core/ids.ts";
import { createMemoryDisk } from "../../src/log/file/memory-disk.suite.ts";
import { openFileLog } from "../../src/log/file/mod.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { createGenerator } from "../history/generate.ts";
import { createRandom } from "../history/random.ts";
import type { Cut } from "./cuts.ts";
import { checkCut, cutWhileOpening, type ImageCheck } from "./image.ts";
import { createLedger } from "./ledger.ts";
import { chooseLogTemper, folder, type Left, live } from "./life.ts";

/** The power is cut at every operation of the disk, in one recorded run after the other. */
export const power: Campaign = {
  name: "power",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const figures = { runs: 0, entries: 0, cuts: 0, cutsWhileOpening: 0, tornTails: 0 };
    const failures: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      if (performance.now() > deadlineMs || failures.length > 0) break;
      try {
        await run(seed, figures);
      } catch (error) {
        failures.push(
          `${inspect(error)}\n\nTo repeat: npm run campaign -- power --count 1 --seed ${seed}\n`,
        );
      }
      progress({ ...figures });
    }
    return { figures, failures };
  },
};

type Figures = Record<"runs" | "entries" | "cuts" | "cutsWhileOpening" | "tornTails", number>;

const lives = 4;
/** How many cuts there are for one of which the power is cut again, while the log is opened. */
const cutsPerOpening = 100;

async function run(seed: number, figures: Figures): Promise<void> {
  const random = createRandom(seed);
  const temper = chooseLogTemper(random);
  const ledger = createLedger();
  const generator = createGenerator(seed);
  const now = () => 0 as TimeMs;
  const everySecond = () => () => {};
  const check: ImageCheck = {
    ledger,
    open: (disk) => openFileLog({ access: "owner", ...temper, disk, folder, now, everySecond }),
  };
  let left: Left = { disk: createMemoryDisk(), promised: 0 };
  for (let life = 1; life <= lives; life++) {
    const cuts: Cut[] = [];
    left = await live({ left, random, generator, ledger, temper, take: (cut) => cuts.push(cut) });
    for (const cut of cuts) {
      await telling(`life ${life}, ${cut.moment}`, async () => {
        if (random.below(cutsPerOpening) === 0) {
          figures.cutsWhileOpening += await cutWhileOpening(cut, check, random);
        }
        const { tornBytes } = await checkCut(cut, check);
        if (tornBytes > 0) figures.tornTails += 1;
      });
    }
    figures.cuts += cuts.length;
  }
  figures.runs += 1;
  figures.entries += ledger.lastIndex;
}

async function telling(moment: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    throw new Error(moment, { cause });
  }
}
