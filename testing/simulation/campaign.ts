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
  repetition,
);

/** The command that tells what happens with this seed. */
export function repetition(seed: number): string {
  return `npm run simulate -- --seed ${seed} --trace`;
}
