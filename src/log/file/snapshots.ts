import { join } from "node:path";
import type { LogIndex } from "../../core/ids.ts";
import { type SnapshotRecord, snapshotRecordTypes } from "../../core/snapshot.ts";
import type { Snapshot } from "../log.ts";
import { ContentTooNew, type Flaw, LogDamage } from "./damage.ts";
import type { Disk } from "./disk.ts";
import { blockHeaderBytes, snapshotHeaderBytes } from "./format.ts";
import { type NamedFile, segmentsAmong, snapshotName, snapshotsAmong } from "./names.ts";
import { writeNewFile } from "./new-file.ts";
import { encodeSnapshot, readBlocks } from "./snapshot-blocks.ts";

export interface SnapshotExtent {
  readonly index: LogIndex;
  readonly bytes: number;
}

export interface SnapshotFile extends Snapshot, SnapshotExtent {
  readonly path: string;
}

/** Gets the damage of each snapshot that was passed over because it cannot be read. */
export type Report = (damage: LogDamage) => void;

/**
 * Writes the snapshot; of the others, keeps only the newest readable one. Syncs the log before the
 * snapshot gets its name, because a snapshot must not hold entries that the log could still lose.
 */
export async function keepSnapshot(
  disk: Disk,
  folder: string,
  snapshot: Snapshot,
  report: Report,
): Promise<void> {
  const path = join(folder, snapshotName(snapshot.index));
  const beforeRename = () => syncLastSegment(disk, folder);
  await writeNewFile(disk, path, encodeSnapshot(snapshot), { beforeRename });
  await removeSuperseded(disk, folder, snapshot.index, report);
}

export async function newestSnapshot(
  disk: Disk,
  folder: string,
  report: Report,
): Promise<SnapshotFile | undefined> {
  return newestReadable(disk, folder, await snapshotNames(disk, folder), report);
}

/** The newest snapshot, readable or not, and its size. */
export async function snapshotExtent(
  disk: Disk,
  folder: string,
): Promise<SnapshotExtent | undefined> {
  const newest = (await snapshotNames(disk, folder)).at(-1);
  if (newest === undefined) return undefined;
  const file = disk.open(join(folder, newest.name), "read");
  try {
    return { index: newest.index, bytes: file.size() };
  } finally {
    file.close();
  }
}

/**
 * The flaw when the log ends with this entry, before its newest snapshot. The log up to a snapshot
 * was on disk before the snapshot got its name, even if the snapshot is not readable now.
 */
export function flawOfEnd(
  folder: string,
  newest: NamedFile | undefined,
  lastIndex: number,
): Flaw | undefined {
  if (newest === undefined || newest.index <= lastIndex) return undefined;
  const explanation = `it is of entry ${newest.index}, but the log ends with entry ${lastIndex}`;
  return { file: join(folder, newest.name), offset: 0, explanation };
}

/** The oldest first. */
export async function snapshotNames(disk: Disk, folder: string): Promise<readonly NamedFile[]> {
  return snapshotsAmong(await disk.list(folder));
}

/**
 * Reads the whole file once. Throws `LogDamage` and `FormatTooNew`. Iterating over the returned
 * records throws `ContentTooNew` at a record of an unknown type.
 */
export async function verifySnapshot(
  disk: Disk,
  folder: string,
  { name, index }: NamedFile,
): Promise<SnapshotFile & { readonly count: number }> {
  return verifyRecords(disk, join(folder, name), index);
}

/** The same for a file with any name. */
export async function verifyRecords(
  disk: Disk,
  path: string,
  index: LogIndex,
): Promise<SnapshotFile & { readonly count: number }> {
  let bytes = snapshotHeaderBytes;
  let count = 0;
  for (const block of readBlocks(disk, path, index)) {
    bytes += blockHeaderBytes + block.payload.length;
    count += block.header.count;
    await disk.turn();
  }
  return { path, index, bytes, count, records: readRecords(disk, path, index) };
}

async function newestReadable(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
  report: Report,
): Promise<SnapshotFile | undefined> {
  for (const file of files.toReversed()) {
    try {
      return await verifySnapshot(disk, folder, file);
    } catch (error) {
      if (!(error instanceof LogDamage)) throw error;
      report(error);
    }
  }
  return undefined;
}

/** The earlier segments have been durable since the last one was begun. */
async function syncLastSegment(disk: Disk, folder: string): Promise<void> {
  const last = segmentsAmong(await disk.list(folder)).at(-1);
  if (last === undefined) return;
  const file = disk.open(join(folder, last.name), "read");
  try {
    await file.sync();
  } finally {
    file.close();
  }
}

async function removeSuperseded(
  disk: Disk,
  folder: string,
  index: LogIndex,
  report: Report,
): Promise<void> {
  const others = (await snapshotNames(disk, folder)).filter((file) => file.index !== index);
  const kept = await newestReadable(disk, folder, others, report);
  for (const { name, index: other } of others) {
    if (other !== kept?.index) await disk.remove(join(folder, name));
  }
}

function readRecords(disk: Disk, path: string, index: LogIndex): Iterable<SnapshotRecord> {
  return {
    *[Symbol.iterator]() {
      let offset = snapshotHeaderBytes;
      for (const { header, payload } of readBlocks(disk, path, index)) {
        if (header.count > 0) yield* decodeRecords(payload, { file: path, offset });
        offset += blockHeaderBytes + payload.length;
      }
    },
  };
}

function decodeRecords(
  payload: Buffer,
  place: { readonly file: string; readonly offset: number },
): readonly SnapshotRecord[] {
  const records = JSON.parse(payload.toString()) as readonly SnapshotRecord[];
  const unknown = records.find(({ type }) => !snapshotRecordTypes.has(type));
  if (unknown === undefined) return records;
  throw new ContentTooNew(place, `a record of the type ${JSON.stringify(unknown.type)}`);
}
