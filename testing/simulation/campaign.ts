import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { simulate } from "./simulation.ts";

/** One simulation after the other. */
export const simulation: Campaign = campaignBySeed(
  "simulation",
  async (seed, add) => {
    const { failure, counts } = await simulate(seed);
    add({ seeds: 1, ...counts });
    if (failure !== undefined) throw failure;
  },
  (seed) => `npm run simulate -- --seed ${seed} --trace`,
);
