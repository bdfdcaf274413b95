import { relative } from "node:path";
import type { TimeMs } from "../core/ids.ts";
import { type Disk, type FolderLock, nodeDisk } from "../log/file/mod.ts";
import {
  carryOut,
  hasLog,
  type Loss,
  planRepair,
  type Repair,
  type RepairPlan,
  type RepairStep,
  readLosses,
} from "../log/file/workshop/mod.ts";
import { entryLine } from "./log.ts";
import { ownedLike } from "./owned-disk.ts";

export interface RepairFlags {
  readonly dryRun?: true;
  readonly yes?: true;
}

export const repairExplanation = `log repair needs --dry-run or --yes
  --dry-run  shows what can be saved and what would be lost, and changes nothing
  --yes      does it; what is taken out of the log is kept in a folder damaged-1 (or -2, …) in FOLDER
The server must not run. A copy of the whole folder, made before, is worth its space.`;

/** Returns the exit status: 1 when the log is beyond repair. */
export async function repairLog(folder: string, { yes }: RepairFlags): Promise<number> {
  if (!(await hasLog(nodeDisk, folder))) throw new Error(`there is no log in ${folder}`);
  const disk = ownedLike(folder, nodeDisk);
  const lock = yes ? await disk.lockFolder(folder) : await lockIfWritable(disk, folder);
  try {
    const repair = await planRepair(disk, folder, Date.now() as TimeMs);
    return await showOrRepair(disk, folder, repair, yes);
  } finally {
    lock?.release();
  }
}

async function showOrRepair(
  disk: Disk,
  folder: string,
  repair: Repair,
  yes = false,
): Promise<number> {
  switch (repair.type) {
    case "unneeded":
      say(
        `nothing to repair: a server starts with this log, which ends with entry ${repair.lastIndex}`,
      );
      return 0;
    case "impossible":
      say(`nothing can be saved: ${repair.explanation}. Nothing was changed; restore a backup.`);
      return 1;
    case "possible":
      await sayLosses(disk, folder, repair);
      if (yes) await doSteps(disk, folder, repair);
      else for (const step of repair.steps) say(`would ${stepText(step, folder)}`);
      return 0;
  }
}

/** A dry run needs no lock where none is possible, as on a read-only mount. */
async function lockIfWritable(disk: Disk, folder: string): Promise<FolderLock | undefined> {
  try {
    return await disk.lockFolder(folder);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!unwritable.has(code)) throw error;
    process.stderr.write(
      `holdfast: ${folder} cannot be written (${message}), so nothing tells whether a server runs on it\n`,
    );
    return undefined;
  }
}

const unwritable: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT"]);

async function doSteps(
  disk: Disk,
  folder: string,
  { steps, lastIndex }: RepairPlan,
): Promise<void> {
  await carryOut(disk, steps, (step) => say(`done: ${stepText(step, folder)}`));
  say(
    `repaired: a server starts with this log, of which entry ${lastIndex} is the last that was kept`,
  );
}

async function sayLosses(
  disk: Disk,
  folder: string,
  { lostPart, lastIndex }: RepairPlan,
): Promise<void> {
  say(`kept: all up to entry ${lastIndex}`);
  if (lostPart === undefined) {
    say("lost: nothing");
    return;
  }
  for await (const loss of readLosses(disk, folder, lostPart)) say(lossText(loss, folder));
}

export function lossText(loss: Loss, folder: string): string {
  switch (loss.type) {
    case "entries":
      return loss.entries.map((entry) => `lost: ${entryLine(entry)}`).join("\n");
    case "unreadable":
      return loss.from === loss.until
        ? `lost: entry ${loss.from}, which cannot be read`
        : `lost: entries ${loss.from} to ${loss.until}, which cannot be read`;
    case "bytes": {
      const { file, offset, bytes, isTail } = loss;
      const where = `${relative(folder, file)}, byte ${offset}`;
      const worth = isTail ? "; never acknowledged" : "";
      return `lost: ${where}: ${bytes} bytes that cannot be read${worth}`;
    }
    case "unknown":
      return `lost: entries from ${loss.from} on, if there were any that cannot be seen any more`;
  }
}

export function stepText(step: RepairStep, folder: string): string {
  const name = (path: string) => relative(folder, path);
  switch (step.type) {
    case "copy":
      return `copy ${name(step.from)} to ${name(step.to)}`;
    case "move":
      return `move ${name(step.from)} to ${name(step.to)}`;
    case "write": {
      const { to, records, advance } = step;
      const kept = records && `bytes ${records.from} to ${records.until} of ${name(records.file)}`;
      const added = advance && `an advance of all tokens and numbers by ${advance.command.by}`;
      return `write ${name(to)} with ${[kept, added].filter(Boolean).join(" and ")}`;
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
