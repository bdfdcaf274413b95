import { crc32 } from "node:zlib";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { FormatTooNew, LogDamage } from "./damage.ts";

// All numbers are little-endian. A checksum is the CRC-32 of zlib over the bytes that follow it.
//
//   log-<first index>.hfl            snapshot-<index>.hfs
//   ┌────────────────────┐           ┌─────────────────┐
//   │ header   "HFLOG"   │ 40 bytes  │ header  "HFSNAP"│ 24 bytes
//   │ record             │           │ block           │ some hundred records of the state
//   │ record             │           │ block           │
//   │ preallocated zeros │           │ end block       │ their count; nothing follows
//   └────────────────────┘           └─────────────────┘
//
//   segment header    magic 8 | version u32 | checksum u32 | first index u64 | previous u32 |
//                     0 u32 | time f64
//   record            checksum u32 | payload bytes u32 | previous u32 | count u32 |
//                     first index u64 | time f64 | durable end u64 |
//                     payload: a JSON array of `count` commands
//   snapshot header   magic 8 | version u32 | checksum u32 | index u64
//   block             checksum u32, begun with that of the block before | payload bytes u32 |
//                     count u32 | payload: a JSON array of `count` records of the state
//
// `previous` is the checksum of the record before, so that no record can get lost or change its place.
// A segment header has the checksum of the last record of the segment before, and its time. `durable
// end` is the offset up to which the segment was known to be on disk when the record was written: a
// valid record vouches for all bytes before it, and for none between it and the record itself.

export const formatVersion = 1;

const segmentMagic = Buffer.from("HFLOG\r\n\0", "latin1");
const snapshotMagic = Buffer.from("HFSNAP\r\n", "latin1");

export const segmentHeaderBytes = 40;
export const recordHeaderBytes = 40;
export const snapshotHeaderBytes = 24;
export const blockHeaderBytes = 12;

export interface SegmentHeader {
  readonly firstIndex: LogIndex;
  readonly previous: number;
  /** Time of the last record before the segment; 0 in the first one. */
  readonly at: TimeMs;
}

export interface RecordHeader {
  readonly checksum: number;
  readonly payloadBytes: number;
  readonly previous: number;
  /** 0 in a record that closes the log, so that the record before it cannot pass for a torn one. */
  readonly count: number;
  readonly firstIndex: LogIndex;
  readonly at: TimeMs;
  /** In bytes from the beginning of the segment. */
  readonly durableEnd: number;
}

export interface BlockHeader {
  readonly checksum: number;
  readonly payloadBytes: number;
  /** 0 in the end block, whose payload is the count of all records. */
  readonly count: number;
}

export function encodeSegmentHeader({ firstIndex, previous, at }: SegmentHeader): Buffer {
  const bytes = beginHeader(segmentMagic, segmentHeaderBytes);
  bytes.writeBigUInt64LE(BigInt(firstIndex), 16);
  bytes.writeUInt32LE(previous, 24);
  bytes.writeDoubleLE(at, 32);
  return endHeader(bytes);
}

/** Throws `LogDamage` and `FormatTooNew`, which name the file. */
export function decodeSegmentHeader(bytes: Buffer, file: string): SegmentHeader {
  checkHeader(bytes, file, segmentMagic, segmentHeaderBytes);
  return {
    firstIndex: Number(bytes.readBigUInt64LE(16)) as LogIndex,
    previous: bytes.readUInt32LE(24),
    at: bytes.readDoubleLE(32) as TimeMs,
  };
}

export function encodeSnapshotHeader(index: LogIndex): Buffer {
  const bytes = beginHeader(snapshotMagic, snapshotHeaderBytes);
  bytes.writeBigUInt64LE(BigInt(index), 16);
  return endHeader(bytes);
}

/** Throws `LogDamage` and `FormatTooNew`, which name the file. */
export function decodeSnapshotHeader(bytes: Buffer, file: string): { readonly index: LogIndex } {
  checkHeader(bytes, file, snapshotMagic, snapshotHeaderBytes);
  return { index: Number(bytes.readBigUInt64LE(16)) as LogIndex };
}

function beginHeader(magic: Buffer, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  magic.copy(bytes);
  bytes.writeUInt32LE(formatVersion, 8);
  return bytes;
}

function endHeader(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(headerChecksum(bytes), 12);
  return bytes;
}

function headerChecksum(bytes: Buffer): number {
  return crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)));
}

/**
 * In a newer version the other bytes may mean anything, so the checksum need not fit. When it fits
 * together with a known version, the header was written with that version, and the version is
 * damaged.
 */
function checkHeader(bytes: Buffer, file: string, magic: Buffer, size: number): void {
  if (bytes.length < size) throw headerDamage(file, "the header is not whole");
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw headerDamage(file, "the file does not begin like one of its kind");
  }
  const version = bytes.readUInt32LE(8);
  const fits = bytes.readUInt32LE(12) === headerChecksum(bytes);
  if (version > formatVersion && (fits || !fitsKnownVersion(bytes))) {
    throw new FormatTooNew(file, version, formatVersion);
  }
  if (!fits) throw headerDamage(file, "the checksum of the header is wrong");
}

function fitsKnownVersion(bytes: Buffer): boolean {
  const checksum = bytes.readUInt32LE(12);
  const known = Buffer.from(bytes);
  for (let version = 1; version <= formatVersion; version += 1) {
    known.writeUInt32LE(version, 8);
    if (headerChecksum(known) === checksum) return true;
  }
  return false;
}

function headerDamage(file: string, explanation: string): LogDamage {
  return new LogDamage({ file, offset: 0, explanation });
}

export type RecordContent = Omit<RecordHeader, "checksum" | "payloadBytes">;

export function encodeRecord(
  { previous, count, firstIndex, at, durableEnd }: RecordContent,
  payload: string,
): { readonly bytes: Buffer; readonly checksum: number } {
  const payloadBytes = Buffer.byteLength(payload);
  const bytes = Buffer.allocUnsafe(recordHeaderBytes + payloadBytes);
  bytes.writeUInt32LE(payloadBytes, 4);
  bytes.writeUInt32LE(previous, 8);
  bytes.writeUInt32LE(count, 12);
  bytes.writeBigUInt64LE(BigInt(firstIndex), 16);
  bytes.writeDoubleLE(at, 24);
  bytes.writeBigUInt64LE(BigInt(durableEnd), 32);
  bytes.write(payload, recordHeaderBytes);
  const checksum = crc32(bytes.subarray(4));
  bytes.writeUInt32LE(checksum, 0);
  return { bytes, checksum };
}

/** `bytes` holds a whole header. The caller compares the checksum. */
export function decodeRecordHeader(bytes: Buffer): RecordHeader {
  return {
    checksum: bytes.readUInt32LE(0),
    payloadBytes: bytes.readUInt32LE(4),
    previous: bytes.readUInt32LE(8),
    count: bytes.readUInt32LE(12),
    firstIndex: Number(bytes.readBigUInt64LE(16)) as LogIndex,
    at: bytes.readDoubleLE(24) as TimeMs,
    durableEnd: Number(bytes.readBigUInt64LE(32)),
  };
}

/** `bytes` holds the whole record. */
export function recordChecksum(bytes: Buffer): number {
  return crc32(bytes.subarray(4));
}

export function encodeBlock(count: number, payload: string, previous: number): Buffer {
  const payloadBytes = Buffer.byteLength(payload);
  const bytes = Buffer.allocUnsafe(blockHeaderBytes + payloadBytes);
  bytes.writeUInt32LE(payloadBytes, 4);
  bytes.writeUInt32LE(count, 8);
  bytes.write(payload, blockHeaderBytes);
  bytes.writeUInt32LE(blockChecksum(bytes, previous), 0);
  return bytes;
}

export function decodeBlockHeader(bytes: Buffer): BlockHeader {
  return {
    checksum: bytes.readUInt32LE(0),
    payloadBytes: bytes.readUInt32LE(4),
    count: bytes.readUInt32LE(8),
  };
}

/** `bytes` holds the whole block. */
export function blockChecksum(bytes: Buffer, previous: number): number {
  return crc32(bytes.subarray(4), previous);
}
