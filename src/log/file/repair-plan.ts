/**
 * What can be saved of a damaged log, as data: which files are copied and moved aside, which are written
 * anew. The log that is left is the longest unbroken one behind the newest snapshot that can be read:
 *
 *     snapshot              break
 *        v                    v
 *     ===========================xxxx=======     kept, up to the break
 *     ==xx=======================                kept, from a record on that the snapshot reaches
 *        ^                                       nothing kept but the snapshot itself
 *     =x=                   x==============
 */
import { join } from "node:path";
import type { Advance } from "../../core/command.ts";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { advanceSince } from "./advance.ts";
import { folderAside } from "./aside.ts";
import { LogDamage } from "./damage.ts";
import type { Disk } from "./disk.ts";
import type { SegmentHeader } from "./format.ts";
import { type NamedFile, segmentName, segmentsAmong, snapshotsAmong } from "./names.ts";
import { type SnapshotFile, verifySnapshot } from "./snapshots.ts";
import { type Break, type Chain, type KeptPart, surveySegments } from "./survey.ts";
import type { Position } from "./walk.ts";

/** To be done in order; after each of them the log is refused as damaged, or as it is to be. */
export type RepairStep =
  /** What will be replaced. */
  | { readonly type: "copy"; readonly from: string; readonly to: string }
  | WriteStep
  /** What nothing can be done with. */
  | { readonly type: "move"; readonly from: string; readonly to: string };

/** A new segment, durable as a whole before it replaces what has its name. */
export interface WriteStep {
  readonly type: "write";
  readonly to: string;
  readonly header: SegmentHeader;
  /** The records that it begins with. */
  readonly records?: { readonly file: string; readonly from: number; readonly until: number };
  /** The entry that it ends with, behind this position. */
  readonly advance?: { readonly command: Advance; readonly behind: Position };
}

export type Repair =
  /** A server starts with it as it is. */
  | { readonly type: "unneeded"; readonly lastIndex: LogIndex }
  /** No state can be made of what is there. */
  | { readonly type: "impossible"; readonly explanation: string }
  | RepairPlan;

export interface RepairPlan {
  readonly type: "possible";
  /** The last entry that is kept, in the log or in the snapshot. */
  readonly lastIndex: LogIndex;
  readonly losses: LostPart | undefined;
  readonly steps: readonly RepairStep[];
}

/** Behind which place there may be entries that are not kept. */
export interface LostPart {
  readonly after: LogIndex;
  /** A damaged snapshot says that there were entries up to here; 0 without one. */
  readonly reached: LogIndex;
  readonly files: readonly NamedFile[];
  /** In the first of the files. */
  readonly offset: number;
  /** They were never acknowledged. */
  readonly isTail: boolean;
}

/** Whether there is anything in the folder that could be repaired. */
export async function hasLog(disk: Disk, folder: string): Promise<boolean> {
  const names = await disk.list(folder);
  return segmentsAmong(names).length + snapshotsAmong(names).length > 0;
}

/** Only reads. Throws `FormatTooNew` and `ContentTooNew`. */
export async function planRepair(disk: Disk, folder: string, now: TimeMs): Promise<Repair> {
  const names = await disk.list(folder);
  const segments = segmentsAmong(names);
  const { newest, damaged } = await sortSnapshots(disk, folder, snapshotsAmong(names));
  const chain = await surveySegments(disk, folder, segments, newest?.index ?? (0 as LogIndex));
  const found = savedLog(chain, newest, segments);
  if (found === undefined) return { type: "impossible", explanation: whyImpossible(chain, newest) };
  const reached = damaged.at(-1)?.index ?? (0 as LogIndex);
  const saved = endedBefore(reached, found);
  const left = segments.filter(({ name }) => !saved.parts.some((part) => isAsItWas(part, name)));
  const others = [...damaged, ...left];
  const aside = await folderAside(disk, folder, others);
  const steps = stepsTo(saved, others, { folder, aside, now });
  const lastIndex = saved.end.lastIndex;
  if (steps.length === 0) return { type: "unneeded", lastIndex };
  return { type: "possible", lastIndex, losses: lostPart(saved, segments, reached), steps };
}

/** What the log is to be. */
interface SavedLog {
  readonly parts: readonly KeptPart[];
  readonly end: Position;
  readonly break: Break | undefined;
}

interface Snapshots {
  readonly newest: SnapshotFile | undefined;
  readonly damaged: readonly NamedFile[];
}

async function sortSnapshots(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
): Promise<Snapshots> {
  let newest: SnapshotFile | undefined;
  const damaged: NamedFile[] = [];
  for (const file of files) {
    try {
      newest = await verifySnapshot(disk, folder, file);
    } catch (error) {
      if (!(error instanceof LogDamage)) throw error;
      damaged.push(file);
    }
  }
  return { newest, damaged };
}

/** `undefined`: nothing. */
function savedLog(
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

/** The log was on the disk up to its entry before a snapshot got its name. */
function endedBefore(reached: LogIndex, saved: SavedLog): SavedLog {
  const { parts, end, break: broken } = saved;
  const last = parts.at(-1);
  if (end.lastIndex >= reached || last === undefined) return saved;
  const explanation = `the log ends before the damaged snapshot of entry ${reached}`;
  const atEnd = broken ?? { file: last.file, offset: last.until, explanation };
  return { ...saved, break: { ...atEnd, isTail: false } };
}

/** The first segment behind a snapshot that no log leads to continues no record. */
export function positionOf({ index, records }: SnapshotFile): Position {
  for (const record of records) {
    if (record.type === "state") return { lastIndex: index, lastAt: record.at, checksum: 0 };
  }
  throw new TypeError("a snapshot without a state");
}

function whyImpossible({ break: broken }: Chain, newest: SnapshotFile | undefined): string {
  const where = broken === undefined ? "" : `${broken.file.name}, byte ${broken.offset}: `;
  const what = broken?.explanation ?? "the log is empty";
  const snapshot = newest === undefined ? "there is no snapshot that can be read, and " : "";
  return `${snapshot}${where}${what}`;
}

function isAsItWas(part: KeptPart, name: string): boolean {
  return part.isWhole && part.file.name === name;
}

interface Places {
  readonly folder: string;
  /** Where the damaged files go. */
  readonly aside: string;
  readonly now: TimeMs;
}

/**
 * The end of the log is written first, and the advance with it: should the repair end after that, the
 * log is refused until the rest is done.
 */
function stepsTo(
  saved: SavedLog,
  others: readonly NamedFile[],
  { folder, aside, now }: Places,
): readonly RepairStep[] {
  const writes = writesOf(saved, folder, now);
  const isReplaced = ({ name }: NamedFile) => writes.some(({ to }) => to === join(folder, name));
  const goTo = ({ name }: NamedFile) => ({ from: join(folder, name), to: join(aside, name) });
  return [
    ...others.filter(isReplaced).map((file) => ({ type: "copy", ...goTo(file) }) as const),
    ...writes.toReversed(),
    ...others
      .filter((file) => !isReplaced(file))
      .map((file) => ({ type: "move", ...goTo(file) }) as const),
  ];
}

function writesOf(saved: SavedLog, folder: string, now: TimeMs): readonly WriteStep[] {
  const { parts, end, break: broken } = saved;
  const writes = parts.filter(({ isWhole }) => !isWhole).map((part) => rewritten(part, folder));
  if (broken === undefined || broken.isTail) return writes;
  const advance = { command: advanceSince(end.lastAt, now), behind: end };
  const last = writes.at(-1);
  if (last !== undefined && parts.at(-1)?.isWhole === false) {
    return [...writes.slice(0, -1), { ...last, advance }];
  }
  const firstIndex = (end.lastIndex + 1) as LogIndex;
  const header = { firstIndex, previous: end.checksum, at: end.lastAt };
  return [...writes, { type: "write", to: join(folder, segmentName(firstIndex)), header, advance }];
}

function rewritten({ file, header, from, until }: KeptPart, folder: string): WriteStep {
  const to = join(folder, segmentName(header.firstIndex));
  const records = { file: join(folder, file.name), from, until };
  return { type: "write", to, header, records };
}

function lostPart(
  { end, break: broken }: SavedLog,
  segments: readonly NamedFile[],
  reached: LogIndex,
): LostPart | undefined {
  if (broken === undefined) return undefined;
  const { file, offset, isTail } = broken;
  const files = segments.filter(({ index }) => index >= file.index);
  return { after: end.lastIndex, reached, files, offset, isTail };
}
