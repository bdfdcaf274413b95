import type { LogIndex } from "../../../core/ids.ts";
import { LogDamage } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { decodeEntries, turnBytes } from "../entries.ts";
import { type SegmentHeader, segmentHeaderBytes } from "../format.ts";
import type { NamedFile } from "../names.ts";
import type { ScannedFlaw, ScannedRecord } from "../scan.ts";
import { checkFollows, type Position, positionAfter, positionBefore } from "../walk.ts";
import { type FoundSegment, openFoundSegment } from "./found-segment.ts";

/** A part of a segment that a repaired log goes on with. */
export interface KeptPart {
  readonly file: NamedFile;
  /** That of a segment which holds this part and nothing else. */
  readonly header: SegmentHeader;
  /** In bytes of the file; there are whole records between. */
  readonly from: number;
  readonly until: number;
  /** The file is just that. */
  readonly isWhole: boolean;
}

/** Where the log breaks off: nothing from there on can be applied. */
export interface Break {
  readonly file: NamedFile;
  readonly offset: number;
  /** What is there was never known to be on the disk, and nothing follows. */
  readonly isTail: boolean;
  readonly explanation: string;
}

/** The longest unbroken part of a log that goes on from a given entry. */
export interface Chain {
  readonly parts: readonly KeptPart[];
  /** `undefined`: there is no such part. */
  readonly end: Position | undefined;
  /** `undefined`: it reaches to the end of what is there. */
  readonly break: Break | undefined;
}

/**
 * Reads all segments. What is wrong before the entry behind `base` does no harm, since a snapshot holds
 * what was there: the chain then begins behind it. Throws `FormatTooNew` and `ContentTooNew`.
 */
export async function surveySegments(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
  base: LogIndex,
): Promise<Chain> {
  const survey = beginSurvey(base);
  for (const file of files) {
    const segment = openFoundSegment(disk, folder, file);
    try {
      survey.enter(file, segment);
      for (const piece of segment.pieces()) {
        if (piece.type === "record") survey.take(file, segment, piece);
        else survey.stumble(file, piece, file === files.at(-1));
        if (piece.offset % turnBytes < piece.bytes) await disk.turn();
      }
    } finally {
      segment.file.close();
    }
  }
  return survey.chain();
}

interface Survey {
  /** The next segment begins. */
  enter(file: NamedFile, segment: FoundSegment): void;
  take(file: NamedFile, segment: FoundSegment, record: ScannedRecord): void;
  stumble(file: NamedFile, flaw: ScannedFlaw, isLast: boolean): void;
  chain(): Chain;
}

function beginSurvey(base: LogIndex): Survey {
  let parts: KeptPart[] = [];
  let end: Position | undefined;
  let broken: Break | undefined;

  /** A chain that begins here lacks nothing that comes after `base`. */
  function isBegin({ firstIndex }: { readonly firstIndex: LogIndex }): boolean {
    return firstIndex <= base + 1;
  }

  /** The same, and nothing that comes after `base` has been found yet. */
  function isFirstBegin(header: { readonly firstIndex: LogIndex }): boolean {
    return isBegin(header) && (end === undefined || end.lastIndex <= base);
  }

  function breakAt(found: Break): void {
    broken ??= found;
    markLast({ isWhole: false }, found.file);
  }

  /** The part that is being read, if it is of this file. */
  function markLast(change: Partial<KeptPart>, { name }: NamedFile): void {
    const last = parts.at(-1);
    if (last?.file.name === name) parts[parts.length - 1] = { ...last, ...change };
  }

  function begin(part: Omit<KeptPart, "until">, position: Position): void {
    parts = [{ ...part, until: part.from }];
    end = position;
    broken = undefined;
  }

  /** A server, too, begins with the last segment that can be a begin. */
  function enter(file: NamedFile, segment: FoundSegment): void {
    const { header, isPlaced, damage } = segment;
    const isSound = damage === undefined;
    const part = { file, header, from: segmentHeaderBytes, isWhole: isSound };
    const fault = isPlaced ? placeFault(segment) : damage?.explanation;
    if (fault === undefined) {
      parts.push({ ...part, until: part.from });
      end ??= positionBefore(header);
    } else if (isPlaced && (isSound ? isBegin(header) : isFirstBegin(header))) {
      begin(part, positionBefore(header));
    } else {
      breakAt({ file, offset: 0, isTail: false, explanation: fault });
    }
  }

  /** Why the segment cannot follow what was read so far. */
  function placeFault(segment: FoundSegment): string | undefined {
    if (broken !== undefined) return broken.explanation;
    const position = end;
    if (position === undefined) {
      return isBegin(segment.header)
        ? undefined
        : `the log begins with entry ${segment.header.firstIndex}, what was before is missing`;
    }
    return explanationOf(() => checkFollows(position, segment));
  }

  function take(file: NamedFile, { path }: FoundSegment, record: ScannedRecord): void {
    const { header, offset, bytes } = record;
    const explanation = explanationOf(() => decodeEntries(record, path));
    if (explanation !== undefined) breakAt({ file, offset, isTail: false, explanation });
    if (broken !== undefined) {
      if (explanation !== undefined || !isFirstBegin(header)) return;
      begin({ file, header, from: offset, isWhole: false }, positionBefore(header));
    }
    end = positionAfter(header);
    markLast({ until: offset + bytes }, file);
  }

  return {
    enter,
    take,
    stumble(file, { offset, isTail, explanation }, isLast) {
      breakAt({ file, offset, isTail: isTail && isLast, explanation });
    },
    chain: () => ({ parts, end, break: broken }),
  };
}

/** What is wrong, if it is damage. */
function explanationOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof LogDamage) return error.explanation;
    throw error;
  }
}
