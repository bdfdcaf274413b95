import { type Command, type Entry, reserveShareOf } from "../../core/command.ts";
import type { LogIndex, TimeMs } from "../../core/ids.ts";
import { Unavailable } from "../log.ts";
import { DiskFull, fullRetryMs } from "./fullness.ts";
import type { Writer } from "./writer.ts";

/** Commands in one record, at most, unless a single append has more. */
const batchCommandsMax = 8192;
/** UTF-16 code units of JSON in one record, at most, unless a single append has more. */
const batchPayloadMax = 4 * 1024 * 1024;

export interface CommitterOptions {
  readonly writer: Writer;
  readonly now: () => TimeMs;
  /** Whether a record is committed once it is on disk, or once the operating system has it. */
  readonly isSynced: boolean;
  /** Resolves in a later turn of the event loop. */
  readonly turn: () => Promise<void>;
  /** Receives each committed batch, in order, and the number of appends that it answers. */
  readonly publish: (batch: readonly Entry[], appends: number) => void;
}

/** Turns appended commands into records, and commits the records one after the other. */
export interface Committer {
  append(commands: readonly Command[], use?: "reserve"): Promise<void>;
  /** JSON that was appended and is not committed yet, in UTF-16 code units. */
  pendingBytes(): number;
  /** Ends the log: the committer writes and resolves nothing any more. */
  fail(error: unknown): void;
  readonly failed: Promise<never>;
  hasFailed(): boolean;
  /** Rejects later appends, and waits for the earlier ones. */
  drain(): Promise<void>;
}

interface Append {
  readonly commands: readonly Command[];
  /** The commands as JSON, separated by commas. */
  readonly payload: string;
  /** The part of a full disk's reserve that the append may use. */
  readonly reserveShare: number;
  /** Whether the append gets a record of its own. */
  readonly isAlone: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Group {
  readonly appends: readonly Append[];
  readonly firstIndex: LogIndex;
  readonly at: TimeMs;
}

/**
 * Group commit: the appends that arrive while the disk is busy with one record become the next
 * record. While the disk is busy with that one, readers and callers get the record before it.
 */
export function createCommitter(options: CommitterOptions): Committer {
  const { writer, now, isSynced, turn, publish } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let state: "open" | "draining" | "failed" = "open";
  let queue: Append[] = [];
  let isRunning = false;
  let running = Promise.resolve();
  let pendingBytes = 0;

  function append(commands: readonly Command[], use?: "reserve"): Promise<void> {
    if (state === "failed") return new Promise(() => {});
    if (state === "draining") return Promise.reject(new Unavailable("The log is closed.", 1000));
    if (commands.length === 0) return Promise.resolve();
    const reserveShare = use === "reserve" ? reserveShareOf(commands) : 0;
    if (isRefused(reserveShare)) return Promise.reject(unavailable(writer.fullness.reason()));
    const payload = payloadOf(commands);
    if (payload === undefined) return Promise.reject(tooLong());
    pendingBytes += payload.length;
    return new Promise((resolve, reject) => {
      queue.push({ commands, payload, reserveShare, isAlone: false, resolve, reject });
      if (!isRunning) running = run();
    });
  }

  function isRefused(reserveShare: number): boolean {
    const { fullness } = writer;
    return reserveShare === 0 && fullness.isFull() && !fullness.isRetryDue();
  }

  /** Starts at once, so that an idle log adds no delay. */
  async function run(): Promise<void> {
    isRunning = true;
    try {
      while (queue.length > 0) await commitQueue();
    } catch (error) {
      fail(error);
    }
    isRunning = false;
  }

  async function commitQueue(): Promise<void> {
    let tellLast = () => {};
    try {
      while (queue.length > 0) {
        if (writer.isSegmentFull()) {
          tellLast();
          tellLast = () => {};
          await writer.roll();
        }
        const batch = writeNext();
        if (batch === undefined) continue;
        const isDurable = isSynced ? writer.sync() : turn();
        tellLast();
        tellLast = () => {};
        const entries = entriesOf(batch);
        await isDurable;
        tellLast = () => tell(batch, entries);
      }
    } finally {
      tellLast();
    }
  }

  /** `undefined` when the disk is full; the appends that may not use the reserve were rejected. */
  function writeNext(): Group | undefined {
    const appends = takeGroup();
    const count = appends.reduce((sum, { commands }) => sum + commands.length, 0);
    const payload = `[${appends.map((append) => append.payload).join(",")}]`;
    const { lastIndex, lastAt } = writer.position();
    const at = Math.max(lastAt, now()) as TimeMs;
    const reserveShare = writer.fullness.isFull() ? shareOf(appends) : 0;
    try {
      writer.write({ count, at, payload, reserveShare });
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error;
      refuse(appends, reserveShare > 0, error);
      return undefined;
    }
    return { appends, firstIndex: (lastIndex + 1) as LogIndex, at };
  }

  function takeGroup(): readonly Append[] {
    let commands = 0;
    let payload = 0;
    let isAlone = false;
    const end = queue.findIndex((append, place) => {
      commands += append.commands.length;
      payload += append.payload.length;
      isAlone ||= append.isAlone;
      return place > 0 && (isAlone || commands > batchCommandsMax || payload > batchPayloadMax);
    });
    if (end > 0) return queue.splice(0, end);
    const all = queue;
    queue = [];
    return all;
  }

  /**
   * Tries the appends again that may use the reserve: first all of them together, and then one by one when the
   * reserve has too little room for all.
   */
  function refuse(appends: readonly Append[], isReserveUsed: boolean, error: DiskFull): void {
    const again: Append[] = [];
    for (const append of appends) {
      const mayFit = !isReserveUsed || appends.length > 1;
      if (mayFit && append.reserveShare > 0) {
        again.push({ ...append, isAlone: isReserveUsed });
      } else {
        pendingBytes -= append.payload.length;
        append.reject(unavailable(error));
      }
    }
    queue = [...again, ...queue];
  }

  function tell({ appends }: Group, entries: readonly Entry[]): void {
    publish(entries, appends.length);
    for (const { payload, resolve } of appends) {
      pendingBytes -= payload.length;
      resolve();
    }
  }

  function fail(error: unknown): void {
    state = "failed";
    queue = [];
    failure.reject(error);
  }

  return {
    append,
    pendingBytes: () => pendingBytes,
    fail,
    failed: failure.promise,
    hasFailed: () => state === "failed",
    async drain() {
      if (state === "open") state = "draining";
      await running;
    },
  };
}

/**
 * The commands of one append, in a single call, which costs half as much as a call for each.
 * `undefined` when the text would be too long for a string.
 */
function payloadOf(commands: readonly Command[]): string | undefined {
  try {
    return JSON.stringify(commands).slice(1, -1);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The part of the reserve that all of them may use. */
function shareOf(appends: readonly Append[]): number {
  return appends.reduce((least, { reserveShare }) => Math.min(least, reserveShare), 1);
}

function tooLong(): Unavailable {
  return new Unavailable("Too much was asked for at once.", fullRetryMs);
}

function entriesOf({ appends, firstIndex, at }: Group): readonly Entry[] {
  const entries: Entry[] = [];
  for (const { commands } of appends) {
    for (const command of commands) {
      entries.push({ index: (firstIndex + entries.length) as LogIndex, at, command });
    }
  }
  return entries;
}

function unavailable(cause: DiskFull): Unavailable {
  return new Unavailable(
    `${cause.message}. Until it does, only what gives something back is taken.`,
    fullRetryMs,
    { cause },
  );
}
