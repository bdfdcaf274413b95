import { join } from "node:path";
import type { LogIndex } from "../../core/ids.ts";
import { LogDamage } from "./damage.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { decodeSegmentHeader, type SegmentHeader, segmentHeaderBytes } from "./format.ts";
import type { NamedFile } from "./names.ts";

export interface Segment {
  readonly path: string;
  readonly file: DiskFile;
  readonly header: SegmentHeader;
}

/** The segment at the end of the log, which grows. */
export interface ActiveSegment extends Segment {
  /** Offset of the next record. */
  readonly end: number;
  /** Offset up to which the file is preallocated with zeros. */
  readonly allocated: number;
  readonly isSealed: boolean;
}

/** A segment that does not grow any more. */
export interface ClosedSegment {
  readonly path: string;
  readonly firstIndex: LogIndex;
  readonly bytes: number;
}

/** Throws `LogDamage` and `FormatTooNew` when the segment's header is not the expected one. */
export function openSegment(
  disk: Disk,
  folder: string,
  { name, index }: NamedFile,
  mode: "read" | "write",
): Segment {
  const path = join(folder, name);
  const file = disk.open(path, mode);
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    const header = decodeSegmentHeader(bytes.subarray(0, file.read(bytes, 0)), path);
    if (header.firstIndex === index) return { path, file, header };
    const explanation = `the header has the index ${header.firstIndex}, not that of the name`;
    throw new LogDamage({ file: path, offset: 0, explanation });
  } catch (error) {
    file.close();
    throw error;
  }
}
