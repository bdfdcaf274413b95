import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { LogDamage } from "./damage.ts";
import type { Disk } from "./disk.ts";
import { type RecordHeader, type SegmentHeader, segmentHeaderBytes } from "./format.ts";
import type { NamedFile } from "./names.ts";
import { type ScannedFlaw, scanSegment } from "./scan.ts";
import { openSegment, type Segment } from "./segment.ts";

/** The last record before a place in the log. */
export interface Position {
  /** 0 when there is no record. */
  readonly lastIndex: LogIndex;
  readonly lastAt: TimeMs;
  readonly checksum: number;
}

/** The result of reading a segment. */
export interface Walk {
  readonly segment: Segment;
  /** Of the segment's last record, or of the segment before when this one is empty. */
  readonly position: Position;
  /** Offset of the next record. */
  readonly end: number;
  /** Offset up to which the segment was known to be on disk when its last record was written. */
  readonly durableEnd: number;
  /** Bytes of the records behind the snapshot. */
  readonly bytesSinceSnapshot: number;
  /**
   * Whether the header, or a record that closes the log, vouches for the last record with entries.
   */
  readonly isSealed: boolean;
  readonly tail: ScannedFlaw | undefined;
}

/**
 * Reads successive segments, and checks that nothing is missing in them or between them. Only the
 * last one may have a tail; it stays open for writing. Throws `LogDamage`.
 */
export function walkSegments(
  disk: Disk,
  folder: string,
  names: readonly NamedFile[],
  snapshotIndex: LogIndex,
): Walk | undefined {
  let last: Walk | undefined;
  let bytesSinceSnapshot = 0;
  for (const name of names) {
    last?.segment.file.close();
    const segment = openSegment(disk, folder, name, "write");
    try {
      if (last !== undefined) checkFollows(last.position, segment);
      last = walkRecords(segment, snapshotIndex);
      bytesSinceSnapshot += last.bytesSinceSnapshot;
      if (last.tail !== undefined && name !== names.at(-1)) throw damage(segment, last.tail);
    } catch (error) {
      segment.file.close();
      throw error;
    }
  }
  return last && { ...last, bytesSinceSnapshot };
}

/** Throws `LogDamage` unless the segment continues the log at the position. */
export function checkFollows({ lastIndex, checksum }: Position, { path, header }: Segment): void {
  const isNext = header.firstIndex === lastIndex + 1;
  if (isNext && header.previous === checksum) return;
  const explanation = isNext
    ? "it does not continue the record at the end of the segment before"
    : `it begins with entry ${header.firstIndex}, but the segment before ends with ${lastIndex}`;
  throw new LogDamage({ file: path, offset: 0, explanation });
}

export function positionBefore({ firstIndex, at, previous }: SegmentHeader): Position {
  return { lastIndex: (firstIndex - 1) as LogIndex, lastAt: at, checksum: previous };
}

export function positionAfter({ firstIndex, count, at, checksum }: RecordHeader): Position {
  return { lastIndex: (firstIndex + count - 1) as LogIndex, lastAt: at, checksum };
}

function walkRecords(segment: Segment, snapshotIndex: LogIndex): Walk {
  let position = positionBefore(segment.header);
  let end = segmentHeaderBytes;
  let durableEnd = end;
  let bytesSinceSnapshot = 0;
  let isSealed = true;
  let tail: ScannedFlaw | undefined;
  for (const piece of scanSegment(segment.file, segment.header)) {
    if (piece.type === "flaw") {
      if (!piece.isTail) throw damage(segment, piece);
      tail = piece;
      break;
    }
    position = positionAfter(piece.header);
    end = piece.offset + piece.bytes;
    durableEnd = Math.min(piece.offset, piece.header.durableEnd);
    isSealed = piece.header.count === 0;
    if (position.lastIndex > snapshotIndex) bytesSinceSnapshot += piece.bytes;
  }
  return { segment, position, end, durableEnd, bytesSinceSnapshot, isSealed, tail };
}

function damage({ path }: Segment, { offset, explanation }: ScannedFlaw): LogDamage {
  return new LogDamage({ file: path, offset, explanation });
}
