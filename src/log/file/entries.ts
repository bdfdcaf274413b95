import { join } from "node:path";
import { type Command, commandTypes, type Entry } from "../../core/command.ts";
import type { LogIndex } from "../../core/ids.ts";
import { lastOf, within } from "../batch.ts";
import { ContentTooNew, LogDamage } from "./damage.ts";
import type { Disk } from "./disk.ts";
import { type NamedFile, segmentsAmong } from "./names.ts";
import { type Piece, type ScannedRecord, scanSegment } from "./scan.ts";
import { openSegment } from "./segment.ts";

/** After this many bytes of log, a reader gives the event loop a turn. */
export const turnBytes = 1024 * 1024;

export interface Range {
  readonly from: LogIndex;
  /** The last index wanted; without it, the last entry that is in the files now. */
  readonly until?: LogIndex;
}

/**
 * Yields the entries of the range from the files, in batches as they were committed. Throws
 * `LogDamage` or `ContentTooNew` at an entry that it cannot read, and `RangeError` when entries
 * were trimmed.
 */
export async function* readEntries(
  disk: Disk,
  folder: string,
  { from, until }: Range,
): AsyncGenerator<readonly Entry[]> {
  let next = from;
  let previous: { readonly name: string; readonly wasLast: boolean } | undefined;
  while (until === undefined || next <= until) {
    const segments = segmentsAmong(await disk.list(folder));
    const segment = segments.findLast(({ index }) => index <= next);
    if (segment === undefined) {
      if (segments.length === 0 && until === undefined) return;
      throw new RangeError(`Entry ${next} was trimmed; the log in ${folder} begins later.`);
    }
    const isLast = segment === segments.at(-1);
    // The last segment may have grown after it was read, before the log began the next one.
    if (segment.name === previous?.name && (isLast || !previous.wasLast)) {
      if (isLast && until === undefined) return;
      throw missing(folder, next, segment, segments);
    }
    previous = { name: segment.name, wasLast: isLast };
    for await (const batch of readSegment(disk, folder, segment, isLast)) {
      const wanted = within(batch, next, until);
      if (wanted.length > 0) yield wanted;
      next = Math.max(next, lastOf(batch) + 1) as LogIndex;
      if (until !== undefined && next > until) return;
    }
  }
}

/** The commands of a record as entries. Throws `LogDamage` and `ContentTooNew`. */
export function decodeEntries({ header, payload, offset }: ScannedRecord, file: string): Entry[] {
  const { count, firstIndex, at } = header;
  const commands = parse(payload);
  if (commands?.length !== count) {
    const explanation = `the record is whole, but no array of ${count} commands`;
    throw new LogDamage({ file, offset, explanation });
  }
  return commands.map((command, place) => {
    const index = (firstIndex + place) as LogIndex;
    if (!isKnown(command)) {
      throw new ContentTooNew({ file, offset }, `the command ${typeOf(command)} of entry ${index}`);
    }
    return { index, at, command };
  });
}

/** The type is enough: the checksum guarantees that the fields are as they were written. */
function isKnown(command: unknown): command is Command {
  return commandTypes.has((command as Partial<Command> | null)?.type ?? "");
}

function typeOf(command: unknown): string {
  return JSON.stringify((command as Partial<Command> | null)?.type ?? command);
}

async function* readSegment(
  disk: Disk,
  folder: string,
  name: NamedFile,
  isLast: boolean,
): AsyncGenerator<readonly Entry[]> {
  const { file, header, path } = openSegment(disk, folder, name, "read");
  try {
    let turnAt = turnBytes;
    for (const piece of scanSegment(file, header)) {
      if (isEnd(piece, isLast)) return;
      if (piece.type === "flaw") throw new LogDamage({ file: path, ...piece });
      if (piece.header.count > 0) yield decodeEntries(piece, path);
      if (piece.offset < turnAt) continue;
      turnAt = piece.offset + turnBytes;
      await disk.turn();
    }
  } finally {
    file.close();
  }
}

/** At the end of the last segment, the owner may be writing a record right now. */
function isEnd(piece: Piece, isLast: boolean): boolean {
  return isLast && piece.type === "flaw" && piece.isTail;
}

function parse(payload: Buffer): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Names the next segment, which proves that the entry existed, or else the last one. */
function missing(
  folder: string,
  index: LogIndex,
  segment: NamedFile,
  segments: readonly NamedFile[],
): LogDamage {
  const behind = segments[segments.indexOf(segment) + 1];
  const { name } = behind ?? segment;
  const place = behind === undefined ? "at its end" : "before it";
  const explanation = `entry ${index} is missing ${place}`;
  return new LogDamage({ file: join(folder, name), offset: 0, explanation });
}
