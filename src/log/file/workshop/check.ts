import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { LogIndex } from "../../../core/ids.ts";
import type { Disk } from "../disk.ts";
import { decodeEntries } from "../entries.ts";
import { type SegmentHeader, segmentHeaderBytes } from "../format.ts";
import { type NamedFile, segmentsAmong, snapshotsAmong } from "../names.ts";
import type { ScannedFlaw, ScannedRecord } from "../scan.ts";
import { flawOfEnd, verifySnapshot } from "../snapshots.ts";
import { checkFollows, type Position, positionAfter, positionBefore } from "../walk.ts";
import { asProblem, type Finding, type SegmentFinding } from "./finding.ts";
import { type FoundSegment, openFoundSegment } from "./found-segment.ts";

/**
 * Yields the contents of the folder and every problem in it: snapshots first, then segments, the
 * oldest first. Changes nothing, and may run beside a server. Throws errors that are no findings,
 * and an `Error` when the server trims faster than the check can read the snapshots.
 */
export async function* checkFolder(disk: Disk, folder: string): AsyncGenerator<Finding> {
  const { findings, newest, segments } = await checkSnapshots(disk, folder);
  yield* findings;
  const end = yield* checkSegments(disk, folder, segments);
  // A server may have trimmed the last segment meanwhile, for example.
  if (end === undefined && segments.length > 0) return;
  const flaw = flawOfEnd(folder, newest, end?.lastIndex ?? 0);
  if (flaw !== undefined) yield { type: "problem", ...flaw };
}

interface CheckedSnapshots {
  /** Findings about the snapshots, and about entries missing between them and the log. */
  readonly findings: readonly Finding[];
  /** Readable or not. */
  readonly newest: NamedFile | undefined;
  /** The segments from the same listing. */
  readonly segments: readonly NamedFile[];
}

/**
 * Reads the snapshots again when the log begins too late and the folder has changed: a running
 * server makes snapshots, and removes the listed ones together with the segments that they needed.
 */
async function checkSnapshots(disk: Disk, folder: string): Promise<CheckedSnapshots> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const names = await disk.list(folder);
    const segments = segmentsAmong(names);
    const snapshots = snapshotsAmong(names);
    const { findings, readable } = await readSnapshots(disk, folder, snapshots);
    const missing = [...checkBegin(folder, segments[0], readable)];
    if (missing.length === 0 || hasSameLog(names, await disk.list(folder))) {
      return { findings: [...findings, ...missing], newest: snapshots.at(-1), segments };
    }
  }
  throw new Error(`the server in ${folder} trims its log faster than it can be read; try again`);
}

/** Tries, at most, while a running server trims the files that the check is reading. */
const attemptsMax = 5;

function hasSameLog(names: readonly string[], others: readonly string[]): boolean {
  const [one, other] = [names, others].map((all) => [
    ...snapshotsAmong(all),
    ...segmentsAmong(all),
  ]);
  return isDeepStrictEqual(one, other);
}

/** Also returns the entry of the newest readable snapshot, or 0. */
async function readSnapshots(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
): Promise<{ readonly findings: readonly Finding[]; readonly readable: LogIndex }> {
  const findings: Finding[] = [];
  let readable = 0 as LogIndex;
  for (const file of files) {
    try {
      const { path, count, index, bytes } = await verifySnapshot(disk, folder, file);
      readable = index;
      findings.push({ type: "snapshot", file: path, index, records: count, bytes });
    } catch (error) {
      findings.push(...asProblem(error));
    }
  }
  return { findings, readable };
}

function* checkBegin(
  folder: string,
  first: NamedFile | undefined,
  readable: LogIndex,
): Generator<Finding> {
  if (first === undefined || first.index <= readable + 1) return;
  const explanation =
    `the log begins with entry ${first.index}, but no snapshot that can be read covers the ` +
    "entries before it";
  yield { type: "problem", file: join(folder, first.name), offset: 0, explanation };
}

/** Returns the end of the log; `undefined` when the last segment cannot be read. */
async function* checkSegments(
  disk: Disk,
  folder: string,
  names: readonly NamedFile[],
): AsyncGenerator<Finding, Position | undefined> {
  let end: Position | undefined;
  for (const name of names) {
    try {
      const segment = openFoundSegment(disk, folder, name);
      yield* checkPlace(segment, end);
      end = yield* checkSegment(disk, segment, name === names.at(-1));
    } catch (error) {
      end = undefined;
      yield* asProblem(error);
    }
  }
  return end;
}

/** Yields a damaged header, or else a segment that does not continue the one before. */
function* checkPlace(segment: FoundSegment, end: Position | undefined): Generator<Finding> {
  if (segment.damage !== undefined) yield* asProblem(segment.damage);
  try {
    if (end !== undefined && segment.isPlaced) checkFollows(end, segment);
  } catch (error) {
    yield* asProblem(error);
  }
}

async function* checkSegment(
  disk: Disk,
  { path, file, header, pieces }: FoundSegment,
  isLast: boolean,
): AsyncGenerator<Finding, Position> {
  let contents = nothingIn(path, header);
  let position = positionBefore(header);
  try {
    for (const piece of pieces()) {
      if (piece.type === "flaw") {
        yield flawFinding(path, piece, isLast);
        continue;
      }
      yield* checkCommands(piece, path);
      contents = withRecord(contents, piece);
      position = positionAfter(piece.header);
      await disk.turn();
    }
  } finally {
    file.close();
  }
  yield contents;
  return position;
}

function nothingIn(file: string, { firstIndex }: SegmentHeader): SegmentFinding {
  return {
    type: "segment",
    file,
    firstIndex,
    lastIndex: (firstIndex - 1) as LogIndex,
    entries: 0,
    records: 0,
    bytes: segmentHeaderBytes,
  };
}

function withRecord(
  { times, ...contents }: SegmentFinding,
  { header, bytes, offset }: ScannedRecord,
): SegmentFinding {
  const { count, at } = header;
  const known = times && { times: { ...times, last: at } };
  return {
    ...contents,
    lastIndex: positionAfter(header).lastIndex,
    entries: contents.entries + count,
    records: contents.records + 1,
    bytes: offset + bytes,
    ...(count > 0 ? (known ?? { times: { first: at, last: at } }) : times && { times }),
  };
}

function* checkCommands(record: ScannedRecord, file: string): Generator<Finding> {
  try {
    decodeEntries(record, file);
  } catch (error) {
    yield* asProblem(error);
  }
}

function flawFinding(file: string, flaw: ScannedFlaw, isLast: boolean): Finding {
  const { offset, bytes, explanation } = flaw;
  if (isLast && flaw.isTail) return { type: "torn", file, offset, bytes, explanation };
  return { type: "problem", file, offset, explanation };
}
