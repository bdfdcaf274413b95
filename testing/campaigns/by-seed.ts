import { inspect } from "node:util";
import type { Campaign, CampaignFigures } from "./campaign.ts";

/** Plays one seed and adds to the figures. Throws the story of a failure. */
export type PlaySeed = (
  seed: number,
  add: (figures: CampaignFigures) => void,
) => void | Promise<void>;

/** Time between two reports of progress. */
const reportMs = 500;

/** A campaign that plays one seed after another and stops at the first failure. */
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
      let reportedMs = performance.now();

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
        if (performance.now() < reportedMs + reportMs) continue;
        reportedMs = performance.now();
        progress({ ...figures });
      }
      return { figures, failures };
    },
  };
}
