import { join } from "node:path";
import { apply } from "../../../core/apply.ts";
import type { Advance } from "../../../core/command.ts";
import type { LogIndex, TimeMs } from "../../../core/ids.ts";
import type { Disk } from "../disk.ts";
import { readEntries } from "../entries.ts";
import { encodeSegmentHeader, segmentHeaderBytes } from "../format.ts";
import {
  type NamedFile,
  segmentName,
  segmentsAmong,
  snapshotName,
  snapshotsAmong,
} from "../names.ts";
import { writeNewFile } from "../new-file.ts";
import { advanceRecords, advanceSince } from "./advance.ts";
import { type Backup, encodeBackup } from "./backup.ts";

export interface RestoreOptions {
  readonly disk: Disk;
  /** Made when it does not exist. */
  readonly folder: string;
  /** The restore applies the advance to its state. */
  readonly backup: Backup;
  readonly now: TimeMs;
}

/**
 * Makes a log of the backup: its state as a snapshot, and behind that a first segment that advances
 * all numbers. The segment comes first. A restore that ended early leaves at most the segment, with
 * which no server starts, and which the next restore replaces. Returns the advance. Throws
 * `FolderInUse`, `FolderHasLog`, errors of the disk, and a `RangeError` when no numbers are left.
 */
export async function restoreFolder(options: RestoreOptions): Promise<Advance> {
  const { disk, folder } = options;
  await disk.makeFolder(folder);
  const lock = await disk.lockFolder(folder);
  try {
    await makeFree(disk, folder);
    return await writeLog(options);
  } finally {
    lock.release();
  }
}

export class FolderHasLog extends Error {
  override readonly name = "FolderHasLog";
  constructor(folder: string, file: string) {
    super(
      `${folder} has a log in it already (${file}); restore into another folder, or move it away`,
    );
  }
}

/** Removes the files of an interrupted restore. Throws `FolderHasLog` when there are others. */
async function makeFree(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder);
  const [segment, ...others] = segmentsAmong(names);
  const [file] = [...snapshotsAmong(names), ...others];
  if (file !== undefined) throw new FolderHasLog(folder, file.name);
  if (segment === undefined) return;
  if (!(await isBeginOfRestore(disk, folder, segment))) {
    throw new FolderHasLog(folder, segment.name);
  }
  await disk.remove(join(folder, segment.name));
  await disk.syncFolder(folder);
}

/** No server begins a log with an advance. */
async function isBeginOfRestore(disk: Disk, folder: string, segment: NamedFile): Promise<boolean> {
  const types: string[] = [];
  for await (const entries of readEntries(disk, folder, { from: segment.index })) {
    types.push(...entries.map(({ command }) => command.type));
    if (types.length > 1) return false;
  }
  return types[0] === "advance";
}

/** The snapshot is the state that was read, so later changes of the backup file do not matter. */
async function writeLog({ disk, folder, backup, now }: RestoreOptions): Promise<Advance> {
  const { state } = backup;
  const { index, at } = state;
  const command = advanceSince(at, now);
  const firstIndex = (index + 1) as LogIndex;
  const header = encodeSegmentHeader({ firstIndex, previous: 0, at });
  const end = { lastIndex: index, lastAt: at, checksum: 0 };
  const segment = [header, advanceRecords(end, segmentHeaderBytes, command)];
  await writeNewFile(disk, join(folder, segmentName(firstIndex)), segment);
  await writeNewFile(disk, join(folder, snapshotName(index)), encodeBackup(state), {
    async beforeRename() {
      apply(state, { index: firstIndex, at, command });
    },
  });
  return command;
}
