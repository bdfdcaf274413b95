import { resolve } from "node:path";
import type { State } from "../core/apply.ts";
import { type LogDamage, nodeDisk } from "../log/file/mod.ts";
import {
  type BackupSummary,
  encodeBackup,
  stateInFolder,
  summaryOf,
  writeBackup,
} from "../log/file/workshop/mod.ts";
import { syncOut, writeOut } from "./stdout.ts";

export interface BackupFlags {
  readonly force?: true;
}

/** Writes the state in the folder to the file, or to stdout for `-`, and prints a summary. */
export async function backUp(file: string, folder: string, options: BackupFlags): Promise<void> {
  const state = await stateInFolder(nodeDisk, folder, warnOf);
  if (file === "-") {
    const bytes = await writeToStdout(state);
    process.stderr.write(summaryText(summaryOf(state, bytes)));
    return;
  }
  const path = resolve(file);
  const temporary = `${path}.${process.pid}.tmp`;
  const mayReplace = options.force === true;
  const bytes = await writeBackup({ disk: nodeDisk, path, state, mayReplace, temporary });
  process.stdout.write(`${file}\n${summaryText(summaryOf(state, bytes))}`);
}

async function writeToStdout(state: State): Promise<number> {
  let bytes = 0;
  for (const part of encodeBackup(state)) {
    await writeOut(part).catch(throwNotWhole);
    bytes += part.length;
  }
  await syncOut().catch(throwNotWhole);
  return bytes;
}

function throwNotWhole(cause: unknown): never {
  throw new Error("what came out on stdout is no whole backup", { cause });
}

function warnOf(damage: LogDamage): void {
  process.stderr.write(`holdfast: passed over a damaged snapshot: ${damage.message}\n`);
}

/** One line per fact. */
export function summaryText(summary: BackupSummary): string {
  const facts: readonly (readonly [string, string | number])[] = [
    ["entry", summary.index],
    ["time", new Date(summary.at).toISOString()],
    ["locks held", summary.locksHeld],
    ["waiters", summary.waiters],
    ["sessions", summary.sessions],
    ["last token", summary.lastToken],
    ["bytes", summary.bytes],
    ["format version", summary.version],
  ];
  return facts.map(([name, value]) => `  ${name.padEnd(14)}  ${value}\n`).join("");
}
