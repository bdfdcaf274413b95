import { join } from "node:path";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { LogDamage } from "./damage.ts";
import type { Disk } from "./disk.ts";
import { type NamedFile, segmentsAmong, snapshotsAmong, temporarySuffix } from "./names.ts";
import type { ActiveSegment, ClosedSegment } from "./segment.ts";
import { flawOfEnd, newestSnapshot, type Report, type SnapshotFile } from "./snapshots.ts";
import { type Position, type Walk, walkSegments } from "./walk.ts";

/** The log as recovery found it, in order, ready for more records. */
export interface Recovered {
  readonly position: Position;
  /** The last segment; `undefined` when the log is empty and has no file. */
  readonly active: ActiveSegment | undefined;
  readonly closed: readonly ClosedSegment[];
  readonly snapshot: SnapshotFile | undefined;
  readonly tornBytes: number;
  readonly bytesSinceSnapshot: number;
}

/**
 * Reads the log behind the newest readable snapshot and makes it durable. Throws `LogDamage` and
 * `FormatTooNew`; then it has changed nothing but removed temporary files.
 */
export async function recover(disk: Disk, folder: string, report: Report): Promise<Recovered> {
  await removeTemporary(disk, folder);
  const snapshot = await newestSnapshot(disk, folder, report);
  const names = await disk.list(folder);
  const segments = segmentsAmong(names);
  const start = startOfWalk(folder, segments, snapshot);
  const index = snapshot?.index ?? (0 as LogIndex);
  const last = walkSegments(disk, folder, segments.slice(start), index);
  try {
    checkReached(folder, snapshotsAmong(names).at(-1), last);
    if (last !== undefined) await makeDurable(last);
    // The names, too: a process that ended between a rename and its sync leaves them in memory
    // only.
    await disk.syncFolder(folder);
  } catch (error) {
    last?.segment.file.close();
    throw error;
  }
  return {
    position: last?.position ?? emptyPosition,
    active: last && activeSegment(last),
    closed: segments.slice(0, -1).map((file) => closedSegment(disk, folder, file)),
    snapshot,
    tornBytes: last?.tail?.bytes ?? 0,
    bytesSinceSnapshot: last?.bytesSinceSnapshot ?? 0,
  };
}

const emptyPosition: Position = {
  lastIndex: 0 as LogIndex,
  lastAt: 0 as TimeMs,
  checksum: 0,
};

/** Removes the unfinished files of a crash; this process is the only writer now. */
async function removeTemporary(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder);
  for (const name of names) {
    if (name.endsWith(temporarySuffix)) await disk.remove(join(folder, name));
  }
}

/** The position of the segment that holds, or would hold, the first entry behind the snapshot. */
function startOfWalk(
  folder: string,
  segments: readonly NamedFile[],
  snapshot: SnapshotFile | undefined,
): number {
  const reached = snapshot?.index ?? 0;
  const first = segments[0];
  if (first === undefined) return 0;
  const start = segments.findLastIndex(({ index }) => index <= reached + 1);
  if (start >= 0) return start;
  const explanation =
    `the log begins with entry ${first.index}, but ` +
    (snapshot === undefined
      ? "there is no snapshot of the entries before it"
      : `the newest snapshot that can be read is of entry ${reached}`);
  throw new LogDamage({ file: join(folder, first.name), offset: 0, explanation });
}

function checkReached(folder: string, newest: NamedFile | undefined, last: Walk | undefined): void {
  const flaw = flawOfEnd(folder, newest, last?.position.lastIndex ?? 0);
  if (flaw !== undefined) throw new LogDamage(flaw);
}

/**
 * Cuts off a torn tail, and rewrites the bytes for which no record vouches. After a process ended
 * they may be in memory only. After a failed sync the kernel believes that they are on disk, and
 * another sync would not write them. See https://wiki.postgresql.org/wiki/Fsync_Errors.
 */
async function makeDurable({ segment: { file }, durableEnd, end, tail }: Walk): Promise<void> {
  if (tail !== undefined) file.truncate(end);
  const bytes = Buffer.alloc(Math.min(end - durableEnd, rewrittenBytes));
  for (let from = durableEnd; from < end; from += bytes.length) {
    const part = bytes.subarray(0, end - from);
    file.read(part, from);
    file.write(part, from);
  }
  await file.sync();
}

/** Bytes to rewrite at a time. */
const rewrittenBytes = 1024 * 1024;

function activeSegment({ segment, end, isSealed }: Walk): ActiveSegment {
  return { ...segment, end, allocated: segment.file.size(), isSealed };
}

function closedSegment(disk: Disk, folder: string, { name, index }: NamedFile): ClosedSegment {
  const path = join(folder, name);
  const file = disk.open(path, "read");
  try {
    return { path, firstIndex: index, bytes: file.size() };
  } finally {
    file.close();
  }
}
