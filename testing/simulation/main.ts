/**
 * Simulates the server, again and again with other seeds: `npm run simulate`.
 *
 *   --seed N         this one only; --trace tells it as a story
 *   --from N         begins with this seed; a random one, when absent
 *   --seeds N        so many seeds; 2,000, when neither this nor --for is there
 *   --for 10m        as many seeds as fit into this time
 *   --threads N      on so many threads; one for each core, when absent
 */
import { parseArgs } from "node:util";
import { runCampaign } from "../campaigns/run.ts";
import { readSeconds } from "../campaigns/seconds.ts";
import { simulate } from "./simulation.ts";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string" },
    trace: { type: "boolean" },
    from: { type: "string" },
    seeds: { type: "string" },
    for: { type: "string" },
    threads: { type: "string" },
  },
});

process.exitCode = flags.seed === undefined ? await simulateMany() : await simulateOne(flags.seed);

async function simulateOne(seed: string): Promise<number> {
  const outcome = await simulate(Number(seed), { isTold: flags.trace === true });
  for (const line of outcome.story) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(outcome.counts)}\n`);
  if (outcome.failure === undefined) return 0;
  process.stderr.write(`\n${outcome.failure.stack}\n`);
  return 1;
}

async function simulateMany(): Promise<number> {
  const { failures } = await runCampaign("simulation", {
    ...(flags.from !== undefined && { firstSeed: Number(flags.from) }),
    ...(flags.seeds !== undefined && { count: Number(flags.seeds) }),
    ...(flags.for !== undefined && { seconds: readSeconds(flags.for) }),
    ...(flags.threads !== undefined && { threads: Number(flags.threads) }),
    countDefault: 2_000,
  });
  return failures.length === 0 ? 0 : 1;
}
