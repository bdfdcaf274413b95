import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { simulate } from "./simulation.ts";

/** One simulation after the other. The seed decides how many nodes each has. */
export const simulation: Campaign = campaignOf(undefined);

/** The same with so many nodes in every world. */
export const simulationsByNodeCount: ReadonlyMap<number, Campaign> = new Map(
  [1, 2, 3].map((nodeCount) => [nodeCount, campaignOf(nodeCount)]),
);

function campaignOf(nodeCount: number | undefined): Campaign {
  return campaignBySeed(
    nodeCount === undefined ? "simulation" : `simulation-nodes-${nodeCount}`,
    async (seed, add) => {
      const { failure, counts } = await simulate(seed, { nodeCount });
      add({ seeds: 1, ...counts });
      if (failure !== undefined) throw failure;
    },
    (seed) => repetition(seed, nodeCount),
  );
}

/** The command that prints the story of this seed. */
export function repetition(seed: number, nodeCount: number | undefined): string {
  const nodes = nodeCount === undefined ? "" : ` --nodes ${nodeCount}`;
  return `npm run simulate -- --seed ${seed}${nodes} --trace`;
}
