/**
 * The plan of a repair, as data: the files to copy and to move aside, and the segments to write. The
 * repaired log is the longest unbroken one behind the newest readable snapshot:
 *
 *     snapshot              break
 *        v                    v
 *     ===========================xxxx=======     kept up to the break
 *     ==xx=======================                kept from the first record that the snapshot reaches
 *        ^                                       only the snapshot kept
 *     =x=                   x==============
 */
import { join } from "node:path";
import type { Advance } from "../../../core/command.ts";
import type { LogIndex, TimeMs } from "../../../core/ids.ts";
import { LogDamage } from "../damage.ts";
import type { Disk } from "../disk.ts";
import type { SegmentHeader } from "../format.ts";
import { type NamedFile, segmentName, segmentsAmong, snapshotsAmong } from "../names.ts";
import { type SnapshotFile, verifySnapshot } from "../snapshots.ts";
import type { Position } from "../walk.ts";
import { advanceSince } from "./advance.ts";
import { folderAside } from "./aside.ts";
import { endedBefore, type SavedLog, savedLog, whyImpossible } from "./saved-log.ts";
import { type KeptPart, surveySegments } from "./survey.ts";

/**
 * One step of a repair, in order. After each of them a server still refuses the log as damaged, or
 * finds the repaired log.
 */
export type RepairStep =
  /** Copies a file that the repair will replace. */
  | { readonly type: "copy"; readonly from: string; readonly to: string }
  | WriteStep
  /** Moves a file away that is of no use. */
  | { readonly type: "move"; readonly from: string; readonly to: string };

/** A new segment, which is durable as a whole before it replaces the file of its name. */
export interface WriteStep {
  readonly type: "write";
  readonly to: string;
  readonly header: SegmentHeader;
  /** The records at its beginning. */
  readonly records?: { readonly file: string; readonly from: number; readonly until: number };
  /** The entry at its end, behind this position. */
  readonly advance?: { readonly command: Advance; readonly behind: Position };
}

export type Repair =
  /** A server starts with the log as it is. */
  | { readonly type: "unneeded"; readonly lastIndex: LogIndex }
  /** The files hold no state that could be saved. */
  | { readonly type: "impossible"; readonly explanation: string }
  | RepairPlan;

export interface RepairPlan {
  readonly type: "possible";
  /** The last entry that is kept, in the log or in the snapshot. */
  readonly lastIndex: LogIndex;
  readonly lostPart: LostPart | undefined;
  readonly steps: readonly RepairStep[];
}

/** The part of the log that may hold entries which are not kept. */
export interface LostPart {
  readonly after: LogIndex;
  /** The last entry that a damaged snapshot names; 0 without one. */
  readonly reached: LogIndex;
  readonly files: readonly NamedFile[];
  /** In the first of the files. */
  readonly offset: number;
  /** Whether the entries were never acknowledged. */
  readonly isTail: boolean;
}

/** Whether the folder has a log that could be repaired. */
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
  return { type: "possible", lastIndex, lostPart: lostPartOf(saved, segments, reached), steps };
}

interface SortedSnapshots {
  readonly newest: SnapshotFile | undefined;
  readonly damaged: readonly NamedFile[];
}

async function sortSnapshots(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
): Promise<SortedSnapshots> {
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

function isAsItWas(part: KeptPart, name: string): boolean {
  return part.isWhole && part.file.name === name;
}

interface StepOptions {
  readonly folder: string;
  /** The folder for the damaged files. */
  readonly aside: string;
  readonly now: TimeMs;
}

/**
 * Writes the end of the log first, with the advance: if the repair ends after that, servers refuse
 * the log until the rest is done.
 */
function stepsTo(
  saved: SavedLog,
  others: readonly NamedFile[],
  { folder, aside, now }: StepOptions,
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

function lostPartOf(
  { end, break: broken }: SavedLog,
  segments: readonly NamedFile[],
  reached: LogIndex,
): LostPart | undefined {
  if (broken === undefined) return undefined;
  const { file, offset, isTail } = broken;
  const files = segments.filter(({ index }) => index >= file.index);
  return { after: end.lastIndex, reached, files, offset, isTail };
}
