import type { Entry } from "../../core/command.ts";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { within } from "../batch.ts";
import { createBatchCounts } from "../batch-counts.ts";
import type { FileStatus, Log, LogStatus, Snapshot } from "../log.ts";
import { createCommitter } from "./committer.ts";
import type { Disk, FolderLock } from "./disk.ts";
import { readEntries } from "./entries.ts";
import { createFeed } from "./feed.ts";
import type { Recovered } from "./recovery.ts";
import { createSnapshotAge } from "./snapshot-age.ts";
import {
  keepSnapshot,
  newestSnapshot,
  type Report,
  snapshotExtent,
  snapshotNames,
} from "./snapshots.ts";
import type { Writer } from "./writer.ts";

export interface OwnerLogOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly now: () => TimeMs;
  readonly durability: "always" | "relaxed";
  readonly everySecond: (run: () => void) => () => void;
  readonly report: Report;
  readonly recovered: Recovered;
  readonly writer: Writer;
  readonly lock: FolderLock;
}

export interface FileLog extends Log {
  status(): FileLogStatus;
}

export type FileLogStatus = LogStatus & { readonly files: FileStatus };

/** The log of its writer, put together from its parts. */
export function ownerLog(options: OwnerLogOptions): FileLog {
  const { disk, folder, durability, report, recovered, writer, lock } = options;
  const isSynced = durability === "always";
  const committer = createCommitter({
    writer,
    now: options.now,
    isSynced,
    turn: disk.turn,
    publish,
  });
  const feed = createFeed();
  const batchCounts = createBatchCounts();
  const age = createSnapshotAge(recovered);
  const isNew = recovered.active === undefined && recovered.snapshot === undefined;
  const readers = new Set<{ next: LogIndex }>();
  const stopTimer = isSynced ? () => {} : options.everySecond(syncUnsynced);
  let committedIndex = writer.position().lastIndex;
  let appendsTotal = 0;
  let snapshotWrite = Promise.resolve();
  /** The newest snapshot, while no thread can have written another one since recovery read it. */
  let known = recovered.snapshot;
  let closing: Promise<void> | undefined;

  function publish(batch: readonly Entry[], appends: number): void {
    committedIndex = (committedIndex + batch.length) as LogIndex;
    appendsTotal += appends;
    batchCounts.add(batch.length);
    feed.publish(batch);
  }

  function syncUnsynced(): void {
    if (writer.hasUnsynced()) writer.sync().catch(committer.fail);
  }

  async function* read(from: LogIndex, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
    const reader = { next: from };
    readers.add(reader);
    try {
      while (!signal.aborted && closing === undefined) {
        for await (const batch of batchesFrom(reader.next, signal)) {
          const wanted = within(batch, reader.next);
          if (wanted.length === 0) continue;
          reader.next = (reader.next + wanted.length) as LogIndex;
          yield wanted;
          if (signal.aborted) return;
        }
      }
    } finally {
      readers.delete(reader);
    }
  }

  /**
   * Committed entries come from the files. A reader that has read all of them follows the feed from
   * the same moment, so that it misses nothing in between.
   */
  function batchesFrom(next: LogIndex, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
    if (next > committedIndex) return feed.follow(signal);
    return readEntries(disk, folder, { from: next, until: committedIndex });
  }

  /** Writes one snapshot at a time. */
  function writeSnapshot(...[index, records]: Parameters<Log["writeSnapshot"]>): Promise<void> {
    const written = snapshotWrite.then(async () => {
      await keepSnapshot(disk, folder, { index, records }, report);
      await noteNewest();
    });
    snapshotWrite = written.catch(() => {});
    return written;
  }

  /** A server asks once at its start, and recovery has already read the snapshot. */
  async function newest(): Promise<Snapshot | undefined> {
    const snapshot = known ?? (await newestSnapshot(disk, folder, report));
    known = undefined;
    return snapshot;
  }

  /** Another thread may have written the snapshot. */
  async function noteNewest(): Promise<void> {
    known = undefined;
    const extent = await snapshotExtent(disk, folder);
    const { writtenBytes } = writer.statistics();
    if (extent !== undefined) age.note(extent, { lastIndex: committedIndex, writtenBytes });
  }

  /** Trims up to the older snapshot, in case the newest is damaged, and never beyond a reader. */
  async function trim(): Promise<void> {
    await noteNewest();
    const [older, newer] = (await snapshotNames(disk, folder)).slice(-2);
    if (older === undefined || newer === undefined) return;
    const needed = Math.min(older.index + 1, ...[...readers].map(({ next }) => next));
    await writer.trim(needed as LogIndex);
  }

  function status(): FileLogStatus {
    const { firstIndex, writtenBytes, ...writes } = writer.statistics();
    const { snapshotBytes, ...snapshot } = age.status(writtenBytes);
    return {
      ...snapshot,
      durability,
      lastIndex: committedIndex,
      firstIndex,
      appendsTotal,
      pendingBytes: committer.pendingBytes(),
      isFull: writer.fullness.isFull(),
      batches: batchCounts.counts(),
      files: { ...writes, snapshotBytes, tornBytes: recovered.tornBytes, isNew },
    };
  }

  async function close(): Promise<void> {
    await committer.drain();
    stopTimer();
    feed.close();
    try {
      await snapshotWrite;
      if (committer.hasFailed()) writer.abandon();
      else await writer.close();
    } finally {
      lock.release();
    }
  }

  return {
    append: committer.append,
    read,
    writeSnapshot,
    newestSnapshot: newest,
    trim,
    failed: committer.failed,
    status,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
