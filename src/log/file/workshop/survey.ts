import type { LogIndex } from "../../../core/ids.ts";
import { LogDamage } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { decodeEntries, turnBytes } from "../entries.ts";
import { type SegmentHeader, segmentHeaderBytes } from "../format.ts";
import type { NamedFile } from "../names.ts";
import type { ScannedFlaw, ScannedRecord } from "../scan.ts";
import { checkFollows, type Position, positionAfter, positionBefore } from "../walk.ts";
import { type FoundSegment, openFoundSegment } from "./found-segment.ts";

/** A part of a segment that stays in a repaired log. */
export interface KeptPart {
  readonly file: NamedFile;
  /** The header of a segment that holds this part and nothing else. */
  readonly header: SegmentHeader;
  /** Offset in the file; only whole records are between `from` and `until`. */
  readonly from: number;
  readonly until: number;
  /** Whether the part is the whole file. */
  readonly isWhole: boolean;
}

/** The place where the log breaks off; no entry from there on can be applied. */
export interface Break {
  readonly file: NamedFile;
  readonly offset: number;
  /** Whether the bytes there were never known to be on disk, and nothing follows. */
  readonly isTail: boolean;
  readonly explanation: string;
}

/** The longest unbroken part of a log that goes on from a given entry. */
export interface Chain {
  readonly parts: readonly KeptPart[];
  /** `undefined` when there is no such part. */
  readonly end: Position | undefined;
  /** `undefined` when the chain reaches the end of the files. */
  readonly break: Break | undefined;
}

/**
 * Reads all segments. Damage up to the entry `base` does no harm, because a snapshot holds the
 * state there: the chain then begins behind the damage. Throws `FormatTooNew` and `ContentTooNew`.
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
  /** Begins the next segment. */
  enter(file: NamedFile, segment: FoundSegment): void;
  take(file: NamedFile, segment: FoundSegment, record: ScannedRecord): void;
  stumble(file: NamedFile, flaw: ScannedFlaw, isLast: boolean): void;
  chain(): Chain;
}

function beginSurvey(base: LogIndex): Survey {
  let parts: KeptPart[] = [];
  let end: Position | undefined;
  let broken: Break | undefined;

  /** Whether a chain that begins here lacks no entry after `base`. */
  function isBegin({ firstIndex }: { readonly firstIndex: LogIndex }): boolean {
    return firstIndex <= base + 1;
  }

  /** The same, while no entry after `base` has been found. */
  function isFirstBegin(header: { readonly firstIndex: LogIndex }): boolean {
    return isBegin(header) && (end === undefined || end.lastIndex <= base);
  }

  function breakAt(found: Break): void {
    broken ??= found;
    markLast({ isWhole: false }, found.file);
  }

  /** Changes the part that is being read, if it is of this file. */
  function markLast(change: Partial<KeptPart>, { name }: NamedFile): void {
    const last = parts.at(-1);
    if (last?.file.name === name) parts[parts.length - 1] = { ...last, ...change };
  }

  function begin(part: Omit<KeptPart, "until">, position: Position): void {
    parts = [{ ...part, until: part.from }];
    end = position;
    broken = undefined;
  }

  /** A server, too, starts from the last segment from which it can. */
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

  /** Why the segment cannot follow the segments before it. */
  function placeFault(segment: FoundSegment): string | undefined {
    if (broken !== undefined) return broken.explanation;
    const position = end;
    if (position === undefined) {
      return isBegin(segment.header)
        ? undefined
        : `the log begins with entry ${segment.header.firstIndex}; the entries before it are missing`;
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

/** The explanation of the damage that the check finds, if any. */
function explanationOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof LogDamage) return error.explanation;
    throw error;
  }
}
