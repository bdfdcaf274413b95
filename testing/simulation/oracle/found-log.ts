import { join } from "node:path";
import type { Entry } from "../../../src/core/command.ts";
import type { LogIndex } from "../../../src/core/ids.ts";
import type { SnapshotRecord } from "../../../src/core/snapshot.ts";
import { decodeEntries } from "../../../src/log/file/entries.ts";
import { segmentsAmong, snapshotsAmong } from "../../../src/log/file/names.ts";
import { scanSegment } from "../../../src/log/file/scan.ts";
import { openSegment } from "../../../src/log/file/segment.ts";
import { readBlocks } from "../../../src/log/file/snapshot-blocks.ts";
import type { MemoryDisk } from "../../memory-disk/memory-disk.ts";

/** The log that a start will find on a disk, read in no time. */
export interface FoundLog {
  /** Without gaps; earlier entries were trimmed. */
  readonly entries: readonly Entry[];
  /** Index of the last entry, even if no segment has it any more. */
  readonly lastIndex: number;
  readonly snapshots: readonly FoundSnapshot[];
}

export interface FoundSnapshot {
  readonly index: LogIndex;
  readonly records: readonly SnapshotRecord[];
}

/** Reads up to the first record that cannot be read. Throws `LogDamage` for a bad header or snapshot. */
export function findLog(disk: MemoryDisk, folder: string): FoundLog {
  const names = disk.names().map((path) => path.slice(folder.length + 1));
  const { entries, lastIndex } = foundEntries(disk, folder, names);
  return {
    entries,
    lastIndex,
    snapshots: snapshotsAmong(names).map(({ name, index }) => ({
      index,
      records: [...readBlocks(disk, join(folder, name), index)]
        .filter(({ header }) => header.count > 0)
        .flatMap(({ payload }) => JSON.parse(payload.toString()) as SnapshotRecord[]),
    })),
  };
}

function foundEntries(disk: MemoryDisk, folder: string, names: readonly string[]) {
  const entries: Entry[] = [];
  let lastIndex = 0;
  for (const name of segmentsAmong(names)) {
    const { file, header, path } = openSegment(disk, folder, name, "read");
    // A segment was removed, and an earlier one came back, which a start ignores.
    if (header.firstIndex > lastIndex + 1) entries.length = 0;
    lastIndex = header.firstIndex - 1;
    for (const piece of scanSegment(file, header)) {
      if (piece.type === "flaw") return { entries, lastIndex };
      entries.push(...decodeEntries(piece, path));
      lastIndex += piece.header.count;
    }
  }
  return { entries, lastIndex };
}
