import { join } from "node:path";
import type { Command, Entry } from "../../src/core/command.ts";
import type { LogIndex, TimeMs } from "../../src/core/ids.ts";
import type { SnapshotRecord } from "../../src/core/snapshot.ts";
import { decodeEntries } from "../../src/log/file/entries.ts";
import {
  blockHeaderBytes,
  segmentHeaderBytes,
  snapshotHeaderBytes,
} from "../../src/log/file/format.ts";
import { openFileLog } from "../../src/log/file/mod.ts";
import { type NamedFile, segmentsAmong, snapshotsAmong } from "../../src/log/file/names.ts";
import { scanSegment } from "../../src/log/file/scan.ts";
import { openSegment } from "../../src/log/file/segment.ts";
import { readBlocks } from "../../src/log/file/snapshot-blocks.ts";
import { stateAt } from "../log-entries.ts";
import { createMemoryDisk, type MemoryDisk } from "../memory-disk/memory-disk.ts";

/** A log before anything happened to it, and all that is in it. */
export interface Sample {
  readonly disk: MemoryDisk;
  readonly segments: readonly SampleSegment[];
  readonly snapshots: readonly SampleSnapshot[];
}

export interface SampleFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Without gaps; what is behind the last record of a segment is one, too. */
  readonly pieces: readonly SamplePiece[];
}

export interface SampleSegment extends SampleFile {
  readonly entries: readonly Entry[];
}

export interface SampleSnapshot extends SampleFile {
  readonly index: LogIndex;
  readonly records: readonly SnapshotRecord[];
}

/** What is whole or not whole: a header, a record, a block, the zeros set aside. */
export interface SamplePiece {
  readonly offset: number;
  readonly bytes: number;
  /** Of a record: the index of its last entry, and up to where it says that the file was durable. */
  readonly record?: { readonly lastIndex: number; readonly durableEnd: number };
  /** Zeros set aside: fewer of them are as good. */
  readonly isSpare?: true;
}

export interface SampleOptions {
  readonly end: "closed" | "killed";
  readonly durability: "always" | "relaxed";
  readonly segmentBytes: number;
  /** Each is appended when the one before was acknowledged. */
  readonly appends: readonly (readonly Command[])[];
  /** After which of them the log is synced, when that does not happen by itself. */
  readonly syncsAfter: ReadonlySet<number>;
  /** After which of them a snapshot is written, and of how many records. */
  readonly snapshots: ReadonlyMap<number, number>;
}

export const folder = "/log";

export async function createSample(options: SampleOptions): Promise<Sample> {
  const disk = createMemoryDisk({ settle: async () => {} });
  let syncSecond = () => {};
  let at = 1000;
  const log = await openFileLog({
    access: "owner",
    disk,
    folder,
    durability: options.durability,
    segmentBytes: options.segmentBytes,
    growthBytes: options.segmentBytes >> 2,
    reserveBytes: options.segmentBytes >> 4,
    now: () => at as TimeMs,
    everySecond(run) {
      syncSecond = run;
      return () => {};
    },
  });
  for (const [place, commands] of options.appends.entries()) {
    at += 1;
    await log.append(commands);
    if (options.syncsAfter.has(place)) syncSecond();
    const records = options.snapshots.get(place);
    if (records === undefined) continue;
    const { lastIndex } = log.status();
    const states = Array.from({ length: records }, (_, number) => stateAt(number + lastIndex));
    await log.writeSnapshot(lastIndex, states);
    await log.trim();
  }
  const killed = disk.afterKill();
  await log.close();
  return sampleOf(options.end === "closed" ? disk : killed);
}

function sampleOf(disk: MemoryDisk): Sample {
  const names = disk.names().map((path) => path.slice(folder.length + 1));
  return {
    disk,
    segments: segmentsAmong(names).map((name) => sampleSegment(disk, name)),
    snapshots: snapshotsAmong(names).map((name) => sampleSnapshot(disk, name)),
  };
}

function sampleSegment(disk: MemoryDisk, name: NamedFile): SampleSegment {
  const { file, header, path } = openSegment(disk, folder, name, "read");
  const bytes = disk.bytesOf(path);
  const pieces: SamplePiece[] = [{ offset: 0, bytes: segmentHeaderBytes }];
  const entries: Entry[] = [];
  let end = segmentHeaderBytes;
  for (const piece of scanSegment(file, header)) {
    if (piece.type === "flaw") throw new Error(`${path} has a flaw at byte ${piece.offset}`);
    const { firstIndex, count, durableEnd } = piece.header;
    const record = { lastIndex: firstIndex + count - 1, durableEnd };
    pieces.push({ offset: piece.offset, bytes: piece.bytes, record });
    entries.push(...decodeEntries(piece, path));
    end = piece.offset + piece.bytes;
  }
  if (end < bytes.length) pieces.push({ offset: end, bytes: bytes.length - end, isSpare: true });
  return { path, bytes, pieces, entries };
}

function sampleSnapshot(disk: MemoryDisk, { name, index }: NamedFile): SampleSnapshot {
  const path = join(folder, name);
  const pieces: SamplePiece[] = [{ offset: 0, bytes: snapshotHeaderBytes }];
  const records: SnapshotRecord[] = [];
  let offset = snapshotHeaderBytes;
  for (const { header, payload } of readBlocks(disk, path, index)) {
    const bytes = blockHeaderBytes + payload.length;
    pieces.push({ offset, bytes });
    if (header.count > 0) records.push(...JSON.parse(payload.toString()));
    offset += bytes;
  }
  return { path, bytes: disk.bytesOf(path), pieces, index, records };
}
