import type { Entry } from "../../../core/command.ts";
import type { LogIndex } from "../../../core/ids.ts";
import { LogDamage } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { decodeEntries } from "../entries.ts";
import type { NamedFile } from "../names.ts";
import type { ScannedRecord } from "../scan.ts";
import { openFoundSegment } from "./found-segment.ts";
import type { LostPart } from "./repair-plan.ts";

/** A loss of entries in a repair. */
export type Loss =
  /** Readable entries that cannot be applied without the missing ones before them. */
  | { readonly type: "entries"; readonly entries: readonly Entry[] }
  /** Entries that existed, because later ones or a snapshot exist. */
  | { readonly type: "unreadable"; readonly from: LogIndex; readonly until: LogIndex }
  | LostBytes
  /** Entries of which nothing shows whether they existed. */
  | { readonly type: "unknown"; readonly from: LogIndex };

/** Bytes without a valid record, which may have held any entries. */
export interface LostBytes {
  readonly type: "bytes";
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly isTail: boolean;
}

/** Yields the losses in log order. Throws `ContentTooNew`. */
export async function* readLosses(
  disk: Disk,
  folder: string,
  { after, reached, files, offset, isTail }: LostPart,
): AsyncGenerator<Loss> {
  /** The first entry that was neither kept nor yielded. */
  let next = (after + 1) as LogIndex;
  /** Bytes whose entries are known to be kept if a kept record follows. */
  let unread: LostBytes[] = [];
  let isEndKnown = isTail;
  for (const file of files) {
    const from = file === files[0] ? offset : 0;
    for await (const piece of piecesOf(disk, folder, file, from)) {
      isEndKnown = isTail;
      if (piece.type === "bytes") {
        unread.push({ ...piece, isTail });
        continue;
      }
      const { firstIndex, entries } = piece;
      if (firstIndex > next) {
        yield* unread;
        yield { type: "unreadable", from: next, until: (firstIndex - 1) as LogIndex };
      }
      unread = [];
      const lost = entries.filter(({ index }) => index >= next);
      if (lost.length > 0) yield { type: "entries", entries: lost };
      isEndKnown = firstIndex + entries.length > after + 1;
      next = Math.max(next, firstIndex + entries.length) as LogIndex;
    }
  }
  yield* unread;
  if (reached >= next) {
    yield { type: "unreadable", from: next, until: reached };
    next = (reached + 1) as LogIndex;
  }
  if (!isEndKnown) yield { type: "unknown", from: next };
}

type LostPiece =
  | { readonly type: "record"; readonly firstIndex: LogIndex; readonly entries: readonly Entry[] }
  | Omit<LostBytes, "isTail">;

/** Yields the pieces of the segment from the offset on. */
async function* piecesOf(
  disk: Disk,
  folder: string,
  name: NamedFile,
  from: number,
): AsyncGenerator<LostPiece> {
  const { path, file, pieces } = openFoundSegment(disk, folder, name);
  try {
    for (const piece of pieces()) {
      const { offset, bytes } = piece;
      if (offset < from) continue;
      const entries = piece.type === "record" ? entriesOf(piece, path) : undefined;
      if (piece.type === "record" && entries !== undefined) {
        yield { type: "record", firstIndex: piece.header.firstIndex, entries };
      } else if (bytes > 0) {
        yield { type: "bytes", file: path, offset, bytes };
      }
      await disk.turn();
    }
  } finally {
    file.close();
  }
}

/** `undefined` when the record holds something other than commands. */
function entriesOf(record: ScannedRecord, file: string): readonly Entry[] | undefined {
  try {
    return decodeEntries(record, file);
  } catch (error) {
    if (error instanceof LogDamage) return undefined;
    throw error;
  }
}
