import type { Command, Entry } from "../core/command.ts";
import type { LogIndex } from "../core/ids.ts";
import type { SnapshotRecord } from "../core/snapshot.ts";

/** Puts commands in one order and keeps them. Engines: memory, file. */
export interface Log {
  /**
   * Resolves when the commands are durable, in the order given. Throws `Unavailable` when they were
   * refused as a whole and will never appear. Nothing else is thrown: what the engine cannot vouch
   * for any more (a failed fsync) it reports through `failed` and never resolves.
   */
  append(commands: readonly Command[]): Promise<void>;

  /**
   * Committed entries from `from` on, in order, without gaps, in batches as they were committed;
   * waits for more until aborted or closed, then ends. Throws `RangeError` when `from` was trimmed.
   */
  read(from: LogIndex, signal: AbortSignal): AsyncIterable<readonly Entry[]>;

  /** Keeps the state at `index`, durable when it resolves. The two newest are kept. */
  writeSnapshot(index: LogIndex, records: Iterable<SnapshotRecord>): Promise<void>;

  /** The newest snapshot that can be read; `undefined` when there is none. */
  newestSnapshot(): Promise<Snapshot | undefined>;

  /** Forgets entries which every kept snapshot covers. */
  trim(): Promise<void>;

  /** Rejects, once, with what ended this log for good; a server then exits. Never resolves. */
  readonly failed: Promise<never>;

  status(): LogStatus;

  /** Waits for what was appended, then lets go of the files. Later appends throw `Unavailable`. */
  close(): Promise<void>;
}

export interface Snapshot {
  readonly index: LogIndex;
  readonly records: Iterable<SnapshotRecord>;
}

/** What every engine knows of itself. Counters begin at 0 when the log is opened. */
export interface LogStatus {
  /** `always`: on disk before it is acknowledged. `relaxed`: within a second. `memory`: never. */
  readonly durability: "always" | "relaxed" | "memory";
  /** 0 when the log is empty. */
  readonly lastIndex: LogIndex;
  /** The oldest entry that can still be read. */
  readonly firstIndex: LogIndex;
  /** Calls of `append`, not commands. */
  readonly appendsTotal: number;
  /** 0 without a snapshot. */
  readonly snapshotIndex: LogIndex;
  /** Log behind the newest snapshot; 0 in an engine that never needs one. */
  readonly bytesSinceSnapshot: number;
  /** There is no room: the log takes only commands that give something back. */
  readonly isFull: boolean;
  /** Committed batches by their number of commands: a count for each of `batchBounds`, and one above. */
  readonly batches: readonly number[];
  /** Absent in an engine that keeps no files. */
  readonly files?: FileStatus;
}

/** What only an engine with files knows of itself. */
export interface FileStatus {
  readonly logBytes: number;
  /** Size of the newest snapshot. */
  readonly snapshotBytes: number;
  /** Bytes of a torn record that the log cut off when it was opened. */
  readonly tornBytes: number;
  readonly fsyncsTotal: number;
  readonly fsyncSecondsTotal: number;
}

/** Upper bounds of `LogStatus.batches`, in commands. */
export const batchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048] as const;

/** The commands were not taken; the client may ask again. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
