import { inspect } from "node:util";
import type { Campaign, CampaignFigures } from "./campaign.ts";

/**
 * Does what one seed says, and adds up what was done. Throws when something is wrong: what it throws is
 * the story of the failure.
 */
export type PlaySeed = (
  seed: number,
  add: (figures: CampaignFigures) => void,
) => void | Promise<void>;

/** How often progress is told. */
const tellMs = 500;

/** A campaign that plays one seed after the other, up to the first failure. */
export function campaignBySeed(
  name: string,
  play: PlaySeed,
  repeat = (seed: number) => `npm run campaign -- ${name} --count 1 --seed ${seed}`,
): Campaign {
  return {
    name,
    async run({ firstSeed, count, deadlineMs, progress }) {
      const figures: Record<string, number> = {};
      const failures: string[] = [];
      let toldMs = performance.now();

      function add(more: CampaignFigures): void {
        for (const [what, by] of Object.entries(more)) figures[what] = (figures[what] ?? 0) + by;
      }

      for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
        if (performance.now() > deadlineMs || failures.length > 0) break;
        try {
          await play(seed, add);
        } catch (error) {
          failures.push(`${inspect(error)}\n\nTo repeat: ${repeat(seed)}\n`);
        }
        if (performance.now() < toldMs + tellMs) continue;
        toldMs = performance.now();
        progress({ ...figures });
      }
      return { figures, failures };
    },
  };
}
