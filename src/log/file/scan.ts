import type { DiskFile } from "./disk.ts";
import {
  decodeRecordHeader,
  type RecordHeader,
  recordChecksum,
  recordHeaderBytes,
  type SegmentHeader,
  segmentHeaderBytes,
} from "./format.ts";
import { type Window, windowOver } from "./window.ts";

/** A piece of a segment. An intact segment has only records. */
export type Piece = ScannedRecord | ScannedFlaw;

export interface ScannedRecord {
  readonly type: "record";
  readonly offset: number;
  readonly bytes: number;
  readonly header: RecordHeader;
  /** Valid until the caller asks for the next piece. */
  readonly payload: Buffer;
}

export interface ScannedFlaw {
  readonly type: "flaw";
  readonly offset: number;
  /** Up to the next valid record, or to the last byte that is not zero. */
  readonly bytes: number;
  /**
   * Whether no record vouches for these bytes. They were then never known to be on disk: a crash
   * leaves its last writes like this. They may contain valid records when the crash interrupted
   * several.
   */
  readonly isTail: boolean;
  readonly explanation: string;
}

/**
 * Yields the pieces of a segment whose header is valid. A tail is the last piece; after any other
 * flaw the scan goes on with the next record that is valid by itself. Another process may be
 * writing the file: the scan ends where the valid records end.
 */
export function* scanSegment(file: DiskFile, header: SegmentHeader): Generator<Piece> {
  const window = windowOver(file);
  let offset = segmentHeaderBytes;
  let link: Link = { previous: header.previous, firstIndex: header.firstIndex };
  for (;;) {
    const found = recordAt(window, offset) ?? (yield* passFlaw(window, offset));
    if (found === undefined) return;
    if (found.offset === offset) yield* misplaced(found, link);
    yield found;
    link = linkAfter(found.header);
    offset = found.offset + found.bytes;
  }
}

/** The place of a record in the chain: behind the record with this checksum, with this index. */
interface Link {
  readonly previous: number;
  readonly firstIndex: number;
}

function linkAfter({ checksum, firstIndex, count }: RecordHeader): Link {
  return { previous: checksum, firstIndex: firstIndex + count };
}

function* misplaced({ header, offset }: ScannedRecord, link: Link): Generator<ScannedFlaw> {
  if (header.previous === link.previous && header.firstIndex === link.firstIndex) return;
  const explanation =
    `a record with index ${header.firstIndex} stands where the one with index ` +
    `${link.firstIndex} belongs; the records between are missing`;
  yield { type: "flaw", offset, bytes: 0, isTail: false, explanation };
}

/** `undefined` when there is no complete, valid record. */
function recordAt(window: Window, offset: number): ScannedRecord | undefined {
  const head = window.view(offset, recordHeaderBytes);
  if (head.length < recordHeaderBytes) return undefined;
  const payloadBytes = head.readUInt32LE(4);
  if (payloadBytes === 0) return undefined;
  const bytes = recordHeaderBytes + payloadBytes;
  const record = window.view(offset, bytes);
  if (record.length < bytes || recordChecksum(record) !== record.readUInt32LE(0)) return undefined;
  const payload = record.subarray(recordHeaderBytes);
  return { type: "record", offset, bytes, header: decodeRecordHeader(record), payload };
}

/**
 * Returns the next valid record; `undefined` when none follows. A record that was incomplete at the
 * first read and is complete at the second was being written, and is no flaw.
 */
function* passFlaw(
  window: Window,
  offset: number,
): Generator<ScannedFlaw, ScannedRecord | undefined> {
  const rest = window.rest(offset);
  const bytes = contentBytes(rest);
  if (bytes === 0) return undefined;
  const distance = nextRecord(rest, 0);
  const found = distance === undefined ? undefined : recordAt(window, offset);
  if (found !== undefined) return found;
  if (distance === undefined || !isVouchedFor(rest, offset)) {
    const explanation =
      distance === undefined
        ? "no valid record is here, nor after it"
        : "no valid record is here, and none after it says that this was ever on the disk";
    yield { type: "flaw", offset, bytes, isTail: true, explanation };
    return undefined;
  }
  const next = recordAt(window, offset + distance);
  const explanation = `no valid record is here, but one is at byte ${offset + distance}`;
  yield { type: "flaw", offset, bytes: distance, isTail: false, explanation };
  return next;
}

/** Whether a valid record in the rest of a segment says that the byte at `offset` was on disk. */
function isVouchedFor(rest: Buffer, offset: number): boolean {
  let place = nextRecord(rest, 0);
  while (place !== undefined) {
    const { durableEnd, payloadBytes } = decodeRecordHeader(rest.subarray(place));
    if (durableEnd > offset) return true;
    place = nextRecord(rest, place + recordHeaderBytes + payloadBytes);
  }
  return false;
}

/** The length up to the last byte that is not zero. */
function contentBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}

/**
 * The distance to the first record, at `from` or later, that is valid by itself. Nothing that a
 * client sends looks like a record: the header of a payload below 16 MiB has a zero byte, and JSON
 * text has none.
 */
function nextRecord(rest: Buffer, from: number): number | undefined {
  for (let offset = from; offset + recordHeaderBytes < rest.length; offset += 1) {
    const payloadBytes = rest.readUInt32LE(offset + 4);
    const count = rest.readUInt32LE(offset + 12);
    const end = offset + recordHeaderBytes + payloadBytes;
    if (payloadBytes === 0 || end > rest.length || count > payloadBytes) continue;
    if (recordChecksum(rest.subarray(offset, end)) === rest.readUInt32LE(offset)) return offset;
  }
  return undefined;
}
