import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { playHistory } from "../histories.ts";

/** The core against its naive model, one random history after the other. */
export const model: Campaign = campaignBySeed("model", (seed, add) => {
  const story = playHistory(seed);
  add({ histories: 1 });
  if (story !== undefined) throw new Error(story);
});
