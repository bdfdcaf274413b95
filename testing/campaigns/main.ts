/** Runs a campaign: `npm run campaign -- simulation --for 10m`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Argument } from "commander";
import { commandLine, readCount, readSeconds, readSeed } from "./command-line.ts";
import { campaignNames } from "./registry.ts";
import { resultFile, type SavedResult } from "./results.ts";
import { type RunResult, runCampaign } from "./run.ts";

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
  .option("--count <n>", "so many seeds; 100, when there is no --for either", readCount)
  .option("--for <time>", "as many as fit into a time such as 30s, 10m or 2h", readSeconds)
  .option("--from <seed>", "begins with this seed; a random one, when absent", readSeed)
  .option("--threads <n>", "one for each core, when absent", readCount)
  .option("--seed <seed>", "repeats what failed, as it was: --count seeds from here on", readSeed)
  .option("--save", "keeps the figures for docs/correctness.md, unless something failed")
  .parse();
const [name = ""] = program.args;
const flags = program.opts<Flags>();
const result = await runCampaign(name, {
  firstSeed: flags.seed ?? flags.from,
  count: flags.count,
  countDefault: flags.seed === undefined ? 100 : 1,
  seconds: flags.for,
  threads: flags.threads,
  isOnePart: flags.seed !== undefined,
});
if (result.failures.length > 0) process.exitCode = 1;
else if (flags.save) save(name, result);

function save(campaign: string, { figures, firstSeed, seconds }: RunResult): void {
  const words = process.argv.slice(2).filter((word) => word !== "--save");
  const saved: SavedResult = {
    campaign,
    command: `npm run campaign -- ${words.join(" ")}`,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
    machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`,
    firstSeed,
    seconds: Math.round(seconds),
    figures,
  };
  const file = resultFile(campaign);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(saved, undefined, 2)}\n`);
}
