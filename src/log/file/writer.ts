import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { isOutOfDescriptors } from "./error-code.ts";
import { encodeRecord } from "./format.ts";
import { createFullness, DiskFull, type Fullness } from "./fullness.ts";
import { createSegment, type NewSegmentOptions, placeSegment } from "./new-segment.ts";
import type { Recovered } from "./recovery.ts";
import type { ClosedSegment } from "./segment.ts";
import { createSyncer } from "./syncer.ts";
import { openTail } from "./tail.ts";
import type { Position } from "./walk.ts";

export interface WriterOptions extends NewSegmentOptions {
  /** The clock for retries on a full disk. */
  readonly monotonicMs: () => number;
  /** Size at which the log begins the next segment. */
  readonly segmentBytes: number;
}

export interface NewRecord {
  readonly count: number;
  readonly at: TimeMs;
  readonly payload: string;
  /** The part of the reserve that the record may use when the disk is full, from 0 to 1. */
  readonly reserveShare: number;
}

/** Writes records at the end of the log, one after the other. */
export interface Writer {
  readonly fullness: Fullness;
  position(): Position;
  /** Throws `DiskFull`. After any other error the log must not be written any more. */
  write(record: NewRecord): void;
  hasUnsynced(): boolean;
  /** Makes earlier writes durable. After an error the contents of the disk are unknown. */
  sync(): Promise<void>;
  /** Whether it is time to `roll`. */
  isSegmentFull(): boolean;
  /** Begins a new segment, or stays in the old one when the disk is full. */
  roll(): Promise<void>;
  /** Removes the segments whose entries all come before `needed`. */
  trim(needed: LogIndex): Promise<void>;
  statistics(): WriterStatistics;
  close(): Promise<void>;
  /** After an error: closes the file as it is. */
  abandon(): void;
}

export interface WriterStatistics {
  readonly firstIndex: LogIndex;
  readonly logBytes: number;
  /** Bytes of the records written since the writer was opened. */
  readonly writtenBytes: number;
  readonly fsyncsTotal: number;
  readonly fsyncSecondsTotal: number;
}

export async function openWriter(options: WriterOptions, recovered: Recovered): Promise<Writer> {
  const { disk, folder, segmentBytes } = options;
  const { monotonicMs } = options;
  const fullness = createFullness(monotonicMs);
  /** Earliest time for the next try to begin a segment. */
  let rollAt = Number.NEGATIVE_INFINITY;
  const closed: ClosedSegment[] = [...recovered.closed];
  let position = recovered.position;
  let active = recovered.active ?? (await createSegment(options, position));
  let tail = openTail(active.file, active, options, fullness);
  let isSealed = active.isSealed;
  /** Durable part of the active segment, in bytes; recovery has synced all that it found. */
  let durableEnd = active.end;
  let hasUnsynced = false;
  let writtenBytes = 0;
  const syncer = createSyncer();

  function write({ count, at, payload, reserveShare }: NewRecord): void {
    const firstIndex = (position.lastIndex + 1) as LogIndex;
    const content = { previous: position.checksum, count, firstIndex, at, durableEnd };
    const { bytes, checksum } = encodeRecord(content, payload);
    tail.put(bytes, reserveShare);
    position = { lastIndex: (position.lastIndex + count) as LogIndex, lastAt: at, checksum };
    isSealed = count === 0;
    hasUnsynced = true;
    writtenBytes += bytes.length;
  }

  function sync(): Promise<void> {
    if (syncer.running !== undefined) return syncer.running;
    hasUnsynced = false;
    const end = tail.end();
    return syncer.start(active.file, () => {
      durableEnd = end;
    });
  }

  async function settle(): Promise<void> {
    while (hasUnsynced || syncer.running !== undefined) await sync();
  }

  function isSegmentFull(): boolean {
    if (tail.end() < segmentBytes || tail.hasRemains() || monotonicMs() < rollAt) return false;
    return !fullness.isFull() || fullness.isRetryDue();
  }

  async function roll(): Promise<void> {
    await settle();
    const next = await placeSegment(options, position).catch(goOn);
    if (next === undefined) return;
    // The new segment has its name, so from here on the log must not go on in the old one, whatever
    // fails.
    await disk.syncFolder(folder);
    tail.shrink("nothing");
    active.file.close();
    closed.push({ path: active.path, firstIndex: active.header.firstIndex, bytes: tail.end() });
    active = next;
    durableEnd = active.end;
    isSealed = active.isSealed;
    fullness.end();
    tail = openTail(active.file, active, options, fullness);
  }

  /** Stays in the old segment when room or descriptors are short; both may become available. */
  function goOn(error: unknown): void {
    if (isOutOfDescriptors(error)) rollAt = monotonicMs() + rollRetryMs;
    else fullness.begin(error);
  }

  /** Removes one segment after the other, durably, so that a power loss leaves no gap. */
  async function trim(needed: LogIndex): Promise<void> {
    for (let gone = covered(needed); gone !== undefined; gone = covered(needed)) {
      await disk.remove(gone.path);
      closed.shift();
      await disk.syncFolder(folder);
    }
  }

  /** The oldest segment, when none of its entries is needed. */
  function covered(needed: LogIndex): ClosedSegment | undefined {
    const next = closed[1]?.firstIndex ?? active.header.firstIndex;
    return next <= needed ? closed[0] : undefined;
  }

  async function close(): Promise<void> {
    try {
      // The closing record must not vouch for bytes that are not on disk yet.
      await settle();
      if (!isSealed) seal();
      if (!fullness.isFull()) tail.shrink("reserve");
      hasUnsynced = true;
      await settle();
    } finally {
      active.file.close();
    }
  }

  /** Vouches for the last record, which can then not pass for a torn one. */
  function seal(): void {
    try {
      write({ count: 0, at: position.lastAt, payload: "[]", reserveShare: 1 });
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error;
    }
  }

  return {
    fullness,
    position: () => position,
    write,
    hasUnsynced: () => hasUnsynced,
    sync,
    isSegmentFull,
    roll,
    trim,
    statistics: () => ({
      firstIndex: closed[0]?.firstIndex ?? active.header.firstIndex,
      logBytes: closed.reduce((sum, { bytes }) => sum + bytes, tail.end()),
      writtenBytes,
      fsyncsTotal: syncer.total,
      fsyncSecondsTotal: syncer.seconds,
    }),
    close,
    abandon: () => active.file.close(),
  };
}

/** When descriptors are short. */
const rollRetryMs = 1000;
