import type { TimeMs } from "../../src/core/ids.ts";
import { openFileLog } from "../../src/log/file/mod.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { createGenerator } from "../history/generate.ts";
import { createRandom } from "../history/random.ts";
import { createMemoryDisk } from "../memory-disk/memory-disk.ts";
import type { Cut } from "./cuts.ts";
import { checkCut, cutWhileOpening, type ImageCheck } from "./image.ts";
import { createLedger } from "./ledger.ts";
import { chooseLogTemper, folder, type Left, live } from "./life.ts";

/** The power is cut at every operation of the disk, in one recorded run after the other. */
export const power: Campaign = campaignBySeed("power", async (seed, add) => {
  const random = createRandom(seed);
  const scenario = chooseLogTemper(random);
  const ledger = createLedger();
  const generator = createGenerator(seed);
  const now = () => 0 as TimeMs;
  const everySecond = () => () => {};
  const check: ImageCheck = {
    ledger,
    open: (disk) => openFileLog({ access: "owner", ...scenario, disk, folder, now, everySecond }),
  };
  let left: Left = { disk: createMemoryDisk(), promised: 0 };
  for (let life = 1; life <= lives; life++) {
    const cuts: Cut[] = [];
    left = await live({ left, random, generator, ledger, scenario, take: (cut) => cuts.push(cut) });
    for (const cut of cuts) {
      await telling(`life ${life}, ${cut.moment}`, async () => {
        if (random.below(cutsPerOpening) === 0) {
          add({ cutsWhileOpening: await cutWhileOpening(cut, check, random) });
        }
        const { tornBytes } = await checkCut(cut, check);
        if (tornBytes > 0) add({ tornTails: 1 });
      });
    }
    add({ cuts: cuts.length });
  }
  add({ runs: 1, entries: ledger.lastIndex });
});

const lives = 4;
/** How many cuts there are for one of which the power is cut again, while the log is opened. */
const cutsPerOpening = 100;

async function telling(moment: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    throw new Error(moment, { cause });
  }
}
