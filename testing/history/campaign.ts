import type { Campaign } from "../campaigns/campaign.ts";
import { playHistory } from "../histories.ts";

/** The core against its naive model, one random history after the other. */
export const model: Campaign = {
  name: "model",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const failures: string[] = [];
    let histories = 0;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      if (performance.now() > deadlineMs || failures.length > 0) break;
      const story = playHistory(seed);
      histories += 1;
      if (story !== undefined)
        failures.push(
          `${story}\n\nTo repeat: npm run campaign -- model --count 1 --seed ${seed}\n`,
        );
      if (histories % 1_000 === 0) progress({ histories });
    }
    return { figures: { histories }, failures };
  },
};
