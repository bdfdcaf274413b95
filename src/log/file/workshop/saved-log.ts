import type { LogIndex } from "../../../core/ids.ts";
import { type NamedFile, segmentName } from "../names.ts";
import type { SnapshotFile } from "../snapshots.ts";
import type { Position } from "../walk.ts";
import type { Break, Chain, KeptPart } from "./survey.ts";

/** The log that a repair leaves. */
export interface SavedLog {
  readonly parts: readonly KeptPart[];
  readonly end: Position;
  readonly break: Break | undefined;
}

/** `undefined` when nothing can be saved. */
export function savedLog(
  { parts, end, break: broken }: Chain,
  newest: SnapshotFile | undefined,
  segments: readonly NamedFile[],
): SavedLog | undefined {
  const isReached = end !== undefined && end.lastIndex >= (newest?.index ?? 0);
  const isEmpty = end?.lastIndex === 0 && broken !== undefined && !broken.isTail;
  if (isReached && !isEmpty) return { parts, end, break: broken };
  if (newest === undefined) return undefined;
  const explanation = `the log ends before the snapshot of entry ${newest.index}`;
  const file = segments[0] ?? { name: segmentName(newest.index), index: newest.index };
  const atSnapshot = broken ?? { file, offset: 0, isTail: false, explanation };
  return { parts: [], end: positionOf(newest), break: { ...atSnapshot, isTail: false } };
}

/**
 * A snapshot got its name only after the log up to its entry was on disk, so a log that ends before
 * a damaged snapshot is broken at its end.
 */
export function endedBefore(reached: LogIndex, saved: SavedLog): SavedLog {
  const { parts, end, break: broken } = saved;
  const last = parts.at(-1);
  if (end.lastIndex >= reached || last === undefined) return saved;
  const explanation = `the log ends before the damaged snapshot of entry ${reached}`;
  const atEnd = broken ?? { file: last.file, offset: last.until, explanation };
  return { ...saved, break: { ...atEnd, isTail: false } };
}

/** Checksum 0: the next segment continues no record, because the log before it is lost. */
function positionOf({ index, records }: SnapshotFile): Position {
  for (const record of records) {
    if (record.type === "state") return { lastIndex: index, lastAt: record.at, checksum: 0 };
  }
  throw new TypeError("a snapshot without a state");
}

export function whyImpossible({ break: broken }: Chain, newest: SnapshotFile | undefined): string {
  const where = broken === undefined ? "" : `${broken.file.name}, byte ${broken.offset}: `;
  const what = broken?.explanation ?? "the log is empty";
  const snapshot = newest === undefined ? "there is no snapshot that can be read, and " : "";
  return `${snapshot}${where}${what}`;
}
