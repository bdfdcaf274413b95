/** Simulates servers with one seed after another: `npm run simulate`. */
import { commandLine, readCount, readSeconds, readSeed } from "../campaigns/command-line.ts";
import { runCampaign } from "../campaigns/run.ts";
import { repetition, simulation, simulationsByNodeCount } from "./campaign.ts";
import { simulate } from "./simulation.ts";

interface Flags {
  readonly seed?: number;
  readonly trace?: true;
  readonly from?: number;
  readonly seeds?: number;
  readonly for?: number;
  readonly threads?: number;
  readonly nodes?: number;
}

const program = commandLine("npm run simulate --", "Simulates servers and everything around them.")
  .option("--seed <seed>", "this one only", readSeed)
  .option("--trace", "prints it as a story")
  .option("--from <seed>", "begins with this seed; a random one, when absent", readSeed)
  .option("--seeds <n>", "so many seeds; 2,000, when there is no --for either", readCount)
  .option("--for <time>", "as many as fit into a time such as 30s, 10m or 2h", readSeconds)
  .option("--threads <n>", "one for each core, when absent", readCount)
  .option("--nodes <n>", "worlds of 1, 2 or 3 nodes; the seed decides, when absent", readCount)
  .parse();
const flags = program.opts<Flags>();
if (flags.trace && flags.seed === undefined) program.error("error: --trace wants a --seed");
process.exitCode = flags.seed === undefined ? await simulateMany() : await simulateOne(flags.seed);

async function simulateOne(seed: number): Promise<number> {
  const isTraced = flags.trace === true;
  const { story, counts, failure } = await simulate(seed, { isTraced, nodeCount: flags.nodes });
  for (const line of story) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  if (failure === undefined) return 0;
  process.stdout.write(`\n${failure.stack}\n`);
  if (!isTraced) process.stdout.write(`\nTo repeat: ${repetition(seed, flags.nodes)}\n`);
  return 1;
}

async function simulateMany(): Promise<number> {
  const { nodes } = flags;
  const campaign = nodes === undefined ? simulation : simulationsByNodeCount.get(nodes);
  if (campaign === undefined) return program.error("error: --nodes is 1, 2 or 3");
  const { failures } = await runCampaign(campaign.name, {
    firstSeed: flags.from,
    count: flags.seeds,
    countDefault: 2_000,
    seconds: flags.for,
    threads: flags.threads,
  });
  return failures.length === 0 ? 0 : 1;
}
