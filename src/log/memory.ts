import type { Command } from "../core/command.ts";
import type { LogIndex, TimeMs } from "../core/ids.ts";
import type { SnapshotRecord } from "../core/snapshot.ts";
import { type Batch, lastOf, within } from "./batch.ts";
import { createBatchCounts } from "./batch-counts.ts";
import { type Log, type LogStatus, type Snapshot, Unavailable } from "./log.ts";

export interface MemoryLogOptions {
  readonly now: () => TimeMs;
  /**
   * Whether the log drops entries once every reader has read them, so that memory stays bounded.
   * For throw-away servers, whose readers start with the log. `false` when absent.
   */
  readonly dropsEntriesOnceRead?: boolean;
}

interface Reader {
  /** Index of the next entry that the reader gets. */
  next: LogIndex;
  wake: () => void;
}

/** A log that lasts as long as the process. */
export function openMemoryLog({ now, dropsEntriesOnceRead = false }: MemoryLogOptions): Log {
  const batches: Batch[] = [];
  /** Number of batches that were dropped before those in `batches`. */
  let forgotten = 0;
  let firstIndex = 1 as LogIndex;
  let lastIndex = 0 as LogIndex;
  let lastAt = 0 as TimeMs;
  let appendsTotal = 0;
  let isClosed = false;
  /** At most two, the older first. */
  let snapshots: readonly Snapshot[] = [];
  const readers = new Set<Reader>();
  const batchCounts = createBatchCounts();

  async function append(commands: readonly Command[]): Promise<void> {
    if (isClosed) throw new Unavailable("The log is closed.", 1000);
    if (commands.length === 0) return;
    const at = Math.max(lastAt, now()) as TimeMs;
    const first = lastIndex + 1;
    batches.push(
      commands.map((command, place) => ({ index: (first + place) as LogIndex, at, command })),
    );
    lastIndex = (lastIndex + commands.length) as LogIndex;
    lastAt = at;
    appendsTotal += 1;
    batchCounts.add(commands.length);
    for (const { wake } of readers) wake();
  }

  async function* read(from: LogIndex, signal: AbortSignal): AsyncGenerator<Batch> {
    if (from < firstIndex) throw new RangeError(`Entry ${from} was trimmed.`);
    const reader: Reader = { next: from, wake: () => {} };
    const onAbort = () => reader.wake();
    signal.addEventListener("abort", onAbort);
    readers.add(reader);
    let place = forgotten + firstPlaceOf(from);
    try {
      while (!signal.aborted) {
        const batch = batches[place - forgotten];
        if (batch !== undefined) {
          const wanted = within(batch, from);
          place += 1;
          reader.next = Math.max(from, lastOf(batch) + 1) as LogIndex;
          if (dropsEntriesOnceRead) forget(lastIndex);
          if (wanted.length > 0) yield wanted;
        } else if (isClosed) return;
        else await new Promise<void>((resolve) => setWake(reader, resolve));
      }
    } finally {
      readers.delete(reader);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Position in `batches` of the batch with this entry; the end when there is none yet. */
  function firstPlaceOf(index: LogIndex): number {
    const place = batches.findIndex((batch) => lastOf(batch) >= index);
    return place === -1 ? batches.length : place;
  }

  /** Drops batches that end at `last` or before, except those that a reader still needs. */
  function forget(last: LogIndex): void {
    const needed = Math.min(last + 1, ...[...readers].map(({ next }) => next));
    const kept = firstPlaceOf(needed as LogIndex);
    batches.splice(0, kept);
    forgotten += kept;
    firstIndex = batches[0]?.[0]?.index ?? ((lastIndex + 1) as LogIndex);
  }

  async function writeSnapshot(index: LogIndex, records: Iterable<SnapshotRecord>): Promise<void> {
    snapshots = [
      ...snapshots.filter((other) => other.index !== index),
      { index, records: [...records] },
    ]
      .sort((one, other) => one.index - other.index)
      .slice(-2);
  }

  async function trim(): Promise<void> {
    const [older, newest] = snapshots;
    if (older !== undefined && newest !== undefined) forget(older.index);
  }

  function status(): LogStatus {
    return {
      durability: "memory",
      lastIndex,
      firstIndex,
      appendsTotal,
      snapshotIndex: snapshots.at(-1)?.index ?? (0 as LogIndex),
      bytesSinceSnapshot: 0,
      pendingBytes: 0,
      isFull: false,
      batches: batchCounts.counts(),
    };
  }

  return {
    append,
    read,
    writeSnapshot,
    newestSnapshot: async () => snapshots.at(-1),
    trim,
    failed: new Promise(() => {}),
    status,
    async close() {
      isClosed = true;
      for (const { wake } of readers) wake();
    },
  };
}

function setWake(reader: Reader, wake: () => void): void {
  reader.wake = wake;
}
