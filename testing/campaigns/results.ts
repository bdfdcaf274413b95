import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Hunt } from "../mutants/hunt.ts";
import type { CampaignFigures, TableRow } from "./campaign.ts";

/** Where and how a campaign ran. */
interface Circumstances {
  /** As typed, without `--save`. */
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly seconds: number;
}

/** The kept result of a campaign: one in which nothing failed, or one whose table says what did. */
export interface SavedResult extends Circumstances {
  readonly firstSeed: number;
  readonly figures: CampaignFigures;
  readonly table?: readonly TableRow[];
  readonly hasFailures?: true;
}

/** The kept result of a hunt for all mutants. */
export interface SavedHunts extends Circumstances {
  readonly hunts: readonly Hunt[];
}

export function readResult(campaign: string): SavedResult | undefined {
  return read(campaign) as SavedResult | undefined;
}

export function readHunts(): SavedHunts | undefined {
  return read("mutants") as SavedHunts | undefined;
}

function read(name: string): unknown {
  const file = fileOf(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

export function saveResult(campaign: string, result: SavedResult): void {
  save(campaign, result);
}

export function saveHunts(hunts: SavedHunts): void {
  save("mutants", hunts);
}

function save(name: string, result: Circumstances): void {
  const file = fileOf(name);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function fileOf(name: string): URL {
  return new URL(`results/${name}.json`, import.meta.url);
}

/** The circumstances of this process, which `npm run SCRIPT` has started. */
export function circumstances(script: string, seconds: number): Circumstances {
  const words = process.argv.slice(2).filter((word) => word !== "--save");
  return {
    command: ["npm run", script, ...(words.length > 0 ? ["--", ...words] : [])].join(" "),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
    machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`,
    seconds: Math.round(seconds),
  };
}
