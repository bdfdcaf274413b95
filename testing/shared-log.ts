import type { Command, Entry } from "../src/core/command.ts";
import type { LogIndex, TimeMs } from "../src/core/ids.ts";
import { lastOf } from "../src/log/batch.ts";
import { createBatchCounts } from "../src/log/batch-counts.ts";
import { type Log, type LogStatus, type Snapshot, Unavailable } from "../src/log/log.ts";
import { openMemoryLog } from "../src/log/memory.ts";

/**
 * A log that several nodes share, in memory: one order of entries, and for each node a handle with ways of
 * its own, which may be slow or be cut.
 *
 *   node: append --toLog--> one order --toNode--> every node: read; there the append resolves
 *
 * An append of a node that has crashed may be in the log or not; one that was acknowledged always is. A node
 * that opens the log again begins a new run: nothing of its earlier run takes a place in the order after that.
 */
export interface SharedLog {
  open(options: HandleOptions): SharedLogHandle;
}

export interface SharedLogOptions {
  /** Called with each batch as it takes its place in the order. */
  ordered?(entries: readonly Entry[]): void;
  /** Called with each snapshot that a node has written. */
  written?(snapshot: Snapshot): void;
}

export interface HandleOptions {
  readonly node: string;
  /** The node's clock. An entry carries its time, or that of the entry before it, whichever is later. */
  now(): TimeMs;
  readonly toLog: Way;
  readonly toNode: Way;
}

/** What is sent arrives in order; from some moment on it may arrive no more. */
export interface Way {
  send(arrive: () => void): void;
}

export interface SharedLogHandle extends Log {
  /** The node's process has ended. Its appends that are on their way may still arrive. */
  crash(): void;
}

/** A handle as the order knows it. */
interface Member {
  readonly toNode: Way;
  /** The node has opened the log again. */
  isFenced: boolean;
  /** From now on the node can read the entries up to `last`. */
  deliver(last: LogIndex): void;
}

interface Order {
  readonly store: Log;
  /** Returns the index of the last entry. */
  add(commands: readonly Command[], now: TimeMs): LogIndex;
  members(): Iterable<Member>;
  writeSnapshot(snapshot: Snapshot): Promise<void>;
  bytesSinceSnapshot(): number;
}

export function createSharedLog(options: SharedLogOptions = {}): SharedLog {
  const members = new Map<string, Member>();
  const order = createOrder(options, members);
  return {
    open(handleOptions) {
      const earlier = members.get(handleOptions.node);
      if (earlier !== undefined) earlier.isFenced = true;
      const { member, handle } = openHandle(order, handleOptions);
      members.set(handleOptions.node, member);
      return handle;
    },
  };
}

function createOrder(
  { ordered, written }: SharedLogOptions,
  members: ReadonlyMap<string, Member>,
): Order {
  let at = 0 as TimeMs;
  const store = openMemoryLog({ now: () => at });
  /** Of the batches behind the newest snapshot. */
  let sizes: { readonly last: LogIndex; readonly bytes: number }[] = [];
  return {
    store,
    add(commands, now) {
      const first = store.status().lastIndex + 1;
      at = Math.max(at, now) as TimeMs;
      void store.append(commands);
      const last = store.status().lastIndex;
      sizes.push({ last, bytes: JSON.stringify(commands).length });
      ordered?.(
        commands.map((command, place) => ({ index: (first + place) as LogIndex, at, command })),
      );
      return last;
    },
    members: () => members.values(),
    async writeSnapshot({ index, records }) {
      const snapshot = { index, records: [...records] };
      await store.writeSnapshot(index, snapshot.records);
      const { snapshotIndex } = store.status();
      sizes = sizes.filter(({ last }) => last > snapshotIndex);
      written?.(snapshot);
    },
    bytesSinceSnapshot: () => sizes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function openHandle(
  order: Order,
  { now, toLog, toNode }: HandleOptions,
): { readonly member: Member; readonly handle: SharedLogHandle } {
  const { store } = order;
  const batchCounts = createBatchCounts();
  /** Ends the readers at once, with entries left or not. */
  const crashing = new AbortController();
  const waiters = new Set<() => void>();
  const underWay = new Set<Promise<void>>();
  let appendsTotal = 0;
  let knownIndex = store.status().lastIndex;
  let isClosed = false;

  function wakeAll(): void {
    for (const wake of waiters) wake();
    waiters.clear();
  }

  const member: Member = {
    toNode,
    isFenced: false,
    deliver(last) {
      if (crashing.signal.aborted) return;
      knownIndex = last;
      wakeAll();
    },
  };

  /** Puts the commands into the order, of which every node learns in its time. */
  function enter(commands: readonly Command[], at: TimeMs, acknowledge: () => void): void {
    if (member.isFenced) return;
    const last = order.add(commands, at);
    for (const each of order.members()) {
      each.toNode.send(() => {
        each.deliver(last);
        if (each === member) acknowledge();
      });
    }
  }

  async function append(commands: readonly Command[]): Promise<void> {
    if (isClosed) throw new Unavailable("The log is closed.", 1000);
    if (commands.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    underWay.add(promise);
    const at = now();
    toLog.send(() =>
      enter(commands, at, () => {
        if (crashing.signal.aborted) return;
        appendsTotal += 1;
        batchCounts.add(commands.length);
        underWay.delete(promise);
        resolve();
      }),
    );
    await promise;
  }

  async function* read(from: LogIndex, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
    const left = new AbortController();
    const ending = AbortSignal.any([signal, crashing.signal, left.signal]);
    const entries = store.read(from, ending)[Symbol.asyncIterator]();
    /** The order keeps nothing for this reader any more, wherever it stands. */
    const leave = () => {
      left.abort();
      void entries.return?.();
    };
    ending.addEventListener("abort", wakeAll);
    crashing.signal.addEventListener("abort", leave);
    try {
      for (let next = from; ; ) {
        // The order is asked at once, so that it does not trim what this reader waits for.
        const coming = entries.next();
        coming.catch(() => {});
        while (next > knownIndex && !isClosed && !ending.aborted) {
          await new Promise<void>((resolve) => waiters.add(resolve));
        }
        if (next > knownIndex || ending.aborted) return;
        const { value: batch, done } = await coming;
        if (done === true) return;
        next = (lastOf(batch) + 1) as LogIndex;
        yield batch;
      }
    } finally {
      ending.removeEventListener("abort", wakeAll);
      crashing.signal.removeEventListener("abort", leave);
      leave();
    }
  }

  function status(): LogStatus {
    return {
      ...store.status(),
      durability: "always",
      lastIndex: knownIndex,
      appendsTotal,
      bytesSinceSnapshot: order.bytesSinceSnapshot(),
      batches: batchCounts.counts(),
    };
  }

  const handle: SharedLogHandle = {
    append,
    read,
    writeSnapshot: (index, records) => order.writeSnapshot({ index, records }),
    newestSnapshot: store.newestSnapshot,
    trim: store.trim,
    failed: new Promise(() => {}),
    status,
    async close() {
      await Promise.all(underWay);
      isClosed = true;
      wakeAll();
    },
    crash: () => crashing.abort(),
  };
  return { member, handle };
}
