import type { Command, Entry } from "../core/command.ts";
import type { LogIndex } from "../core/ids.ts";
import type { SnapshotRecord } from "../core/snapshot.ts";

/** Puts commands in one order and keeps them. Engines: memory, file. */
export interface Log {
  /**
   * Resolves when the commands are durable, in the order given. Throws `Unavailable` when the log
   * rejects all of them and none will ever appear. It throws nothing else: when a failure (of an
   * fsync, say) leaves the outcome unknown, the promise stays pending and `failed` rejects.
   *
   * A full log refuses them, unless the caller says that they are needed: `reserve` lets them use the part of the
   * reserve that all of them may use (`reserveShareOf`).
   */
  append(commands: readonly Command[], use?: "reserve"): Promise<void>;

  /**
   * Yields committed entries from `from` on, in order, without gaps, in batches as they were
   * committed. Waits for more until it is aborted or the log is closed, and then ends. Throws
   * `RangeError` when `from` was trimmed.
   */
  read(from: LogIndex, signal: AbortSignal): AsyncIterable<readonly Entry[]>;

  /**
   * Stores the state at `index`; durable when it resolves. The log keeps the two newest snapshots.
   */
  writeSnapshot(index: LogIndex, records: Iterable<SnapshotRecord>): Promise<void>;

  /** The newest readable snapshot; `undefined` when there is none. */
  newestSnapshot(): Promise<Snapshot | undefined>;

  /** Removes the entries that every kept snapshot covers. */
  trim(): Promise<void>;

  /**
   * Rejects once, with the error that ended this log for good; a server then exits. Never resolves.
   */
  readonly failed: Promise<never>;

  status(): LogStatus;

  /** Waits for pending appends, then releases the files. Later appends throw `Unavailable`. */
  close(): Promise<void>;
}

export interface Snapshot {
  readonly index: LogIndex;
  readonly records: Iterable<SnapshotRecord>;
}

/** The status of any engine, for metrics and health. Counters begin at 0 when the log opens. */
export interface LogStatus {
  /**
   * When an acknowledged command is on disk. `always`: before the acknowledgement. `relaxed`:
   * within a second. `memory`: never.
   */
  readonly durability: "always" | "relaxed" | "memory";
  /** Index of the last committed entry; 0 when the log is empty. */
  readonly lastIndex: LogIndex;
  /** Index of the oldest entry that can still be read. */
  readonly firstIndex: LogIndex;
  /** Calls of `append`, not commands. */
  readonly appendsTotal: number;
  /** Index of the newest snapshot; 0 when there is none. */
  readonly snapshotIndex: LogIndex;
  /** Bytes of log behind the newest snapshot; 0 in an engine that never needs a snapshot. */
  readonly bytesSinceSnapshot: number;
  /** Appended and not committed yet, roughly; 0 in an engine that commits at once. */
  readonly pendingBytes: number;
  /** Whether the log has no room and takes only commands that give something back. */
  readonly isFull: boolean;
  /** Counts of committed batches: one for each of `batchBounds`, and one for longer batches. */
  readonly batches: readonly number[];
  /** Absent in an engine without files. */
  readonly files?: FileStatus;
}

/** The additional status of an engine with files. */
export interface FileStatus {
  readonly logBytes: number;
  /** Size of the newest snapshot. */
  readonly snapshotBytes: number;
  /** Bytes of a torn record that the log cut off when it opened; 0 when the log was intact. */
  readonly tornBytes: number;
  /** The log was empty when it opened, and its folder had none of its files. */
  readonly isNew: boolean;
  readonly fsyncsTotal: number;
  readonly fsyncSecondsTotal: number;
}

/** Upper bounds of `LogStatus.batches`, in commands. */
export const batchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048] as const;

/** The log did not take the commands; the client may try again. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
