/** Runs a campaign: `npm run campaign -- simulation --for 10m`. */
import { Argument } from "commander";
import { commandLine, readCount, readSeconds, readSeed } from "./command-line.ts";
import { campaignNamed, campaignNames } from "./registry.ts";
import { circumstances, saveResult } from "./results.ts";
import { runCampaign } from "./run.ts";

interface Flags {
  readonly count?: number;
  readonly for?: number;
  readonly from?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly save?: true;
}

const program = commandLine("npm run campaign --", "Repeats a check with one seed after another.")
  .addArgument(new Argument("<name>").choices(campaignNames))
  .option(
    "--count <n>",
    "number of seeds; 100 or all that there are, when --for is absent, too",
    readCount,
  )
  .option("--for <time>", "as many seeds as fit into a time such as 30s, 10m or 2h", readSeconds)
  .option("--from <seed>", "the first seed; a random one, when absent", readSeed)
  .option("--threads <n>", "number of threads; one for each core, when absent", readCount)
  .option(
    "--seed <seed>",
    "repeats a failure: --count seeds from this one on, in one thread",
    readSeed,
  )
  .option(
    "--save",
    "keeps the result for the documents; of a campaign that failed only a table, which says what did",
  )
  .parse();
const [name = ""] = program.args;
const flags = program.opts<Flags>();
const { countDefault = 100, isAlone = false } = campaignNamed(name);
const result = await runCampaign(name, {
  firstSeed: flags.seed ?? flags.from,
  count: flags.count,
  countDefault: flags.seed === undefined ? countDefault : 1,
  seconds: flags.for,
  threads: isAlone ? 1 : flags.threads,
  isOnePart: isAlone || flags.seed !== undefined,
});
const { failures, figures, firstSeed, seconds, table } = result;
const hasFailures = failures.length > 0;
if (hasFailures) process.exitCode = 1;
if (flags.save && (!hasFailures || table.length > 0)) {
  saveResult(name, {
    ...circumstances("campaign", seconds),
    ...{ firstSeed, figures },
    ...(table.length > 0 && { table }),
    ...(hasFailures && { hasFailures }),
  });
}
