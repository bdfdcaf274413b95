import type { LogIndex, TimeMs } from "../core/ids.ts";
import { nodeDisk } from "../log/file/mod.ts";
import { readBackup, restoreFolder } from "../log/file/workshop/mod.ts";
import { summaryText } from "./backup.ts";
import { ownedLike } from "./owned-disk.ts";

/** Verifies the whole backup and prints a summary. Throws its problem. */
export async function showBackup(file: string): Promise<void> {
  const { summary } = await readBackup(nodeDisk, file);
  process.stdout.write(`${file} is whole\n${summaryText(summary)}`);
}

/** Creates a log from the backup in the folder, which must have none. */
export async function restoreInto(file: string, folder: string): Promise<void> {
  const backup = await readBackup(nodeDisk, file);
  const now = Date.now() as TimeMs;
  const disk = ownedLike(folder, nodeDisk);
  const { by } = await restoreFolder({ disk, folder, backup, now });
  const { summary } = backup;
  const next = (summary.index + 2) as LogIndex;
  process.stdout.write(
    `${folder} holds what ${file} held\n${summaryText(summary)}` +
      `  ${"next entry".padEnd(14)}  ${next}\n` +
      `  ${"tokens above".padEnd(14)}  ${summary.lastToken + by}\n`,
  );
}
