/**
 * Runs a campaign: `npm run campaign -- simulation --for 10m`.
 *
 *   --count N        so many seeds; 100, when neither this nor --for is there
 *   --for 10m        as many as fit into this time
 *   --from N         begins with this seed; a random one, when absent (also as --seed)
 *   --threads N      one for each core, when absent
 *   --save           keeps the figures for docs/correctness.md, unless something failed
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { campaignNames } from "./registry.ts";
import { resultFile, type SavedResult } from "./results.ts";
import { type RunResult, runCampaign } from "./run.ts";
import { readSeconds } from "./seconds.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    for: { type: "string" },
    from: { type: "string" },
    seed: { type: "string" },
    threads: { type: "string" },
    save: { type: "boolean" },
  },
});
const [name] = positionals;
const first = flags.from ?? flags.seed;

if (name === undefined || !campaignNames.includes(name)) {
  process.stderr.write(`which campaign? There are ${campaignNames.join(", ")}\n`);
  process.exitCode = 2;
} else {
  const result = await runCampaign(name, {
    ...(first !== undefined && { firstSeed: Number(first) }),
    ...(flags.count !== undefined && { count: Number(flags.count) }),
    ...(flags.for !== undefined && { seconds: readSeconds(flags.for) }),
    ...(flags.threads !== undefined && { threads: Number(flags.threads) }),
    countDefault: 100,
  });
  if (result.failures.length > 0) process.exitCode = 1;
  else if (flags.save) save(name, result);
}

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
