import type { Campaign } from "../campaigns/campaign.ts";
import { type SimulationCounts, type SimulationOutcome, simulate } from "./simulation.ts";

/** One simulation after the other. */
export const simulation: Campaign = {
  name: "simulation",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const sums: Record<string, number> = { seeds: 0 };
    const failures: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      if (performance.now() > deadlineMs || failures.length >= failuresMax) break;
      const outcome = await simulate(seed);
      add(sums, outcome.counts);
      if (outcome.failure !== undefined) failures.push(failureText(outcome));
      if (seed % 100 === 0) progress({ ...sums });
    }
    return { figures: sums, failures };
  },
};

const failuresMax = 3;

function add(sums: Record<string, number>, counts: SimulationCounts): void {
  sums.seeds = (sums.seeds ?? 0) + 1;
  for (const [name, count] of Object.entries(counts) as [string, number][]) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}

export function failureText({ seed, failure }: SimulationOutcome): string {
  return `${failure?.stack}\n\nTo repeat: npm run simulate -- --seed ${seed} --trace\n`;
}
