import type { Command } from "../../../src/core/command.ts";
import type { NodeId } from "../../../src/core/ids.ts";
import { type History, writeSnapshot } from "../../../src/server/compact.ts";
import type { Random } from "../../history/random.ts";
import { createMemoryDisk } from "../../memory-disk/memory-disk.ts";
import type { SharedLog, SharedLogHandle } from "../../shared-log.ts";
import { createPipe, type Pipe } from "../network/pipe.ts";
import type { Scheduler } from "../scheduler.ts";
import type { SimulatedProcess } from "./process.ts";
import type { LogWorld, Storage } from "./storage.ts";

/** A node's ways to and from a log that it shares with others. */
export interface SharedStorage extends Storage {
  /** Longest time for an append to reach the log, and for a batch to reach the node. */
  toLogMsMax: number;
  toNodeMsMax: number;
  /** Called once the next append has left for the log, where it may arrive late. */
  appending: (() => void) | undefined;
}

export interface SharedStorageParts {
  readonly node: NodeId;
  readonly log: SharedLog;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** Longest time on a way that nothing slows down. */
export const wayMsMax = 2;

/** The ways and the handle of one process. */
interface Mounted {
  readonly toLog: Pipe;
  readonly handle: SharedLogHandle;
}

export function createSharedStorage(parts: SharedStorageParts): SharedStorage {
  const { node, log, scheduler, random } = parts;
  let mounted: Mounted | undefined;

  const anyPart = () => random.below(1000) / 1000;

  function passSome(own: SimulatedProcess, msMax: number): Promise<void> {
    return new Promise((resolve) => void own.after(anyPart() * msMax, resolve));
  }

  function mount(own: SimulatedProcess): LogWorld {
    return {
      // Such a server keeps nothing on a disk of its own.
      disk: createMemoryDisk(),
      isLogShared: true,
      async openLog({ now }) {
        mounted = openHandle(own, now);
        const { handle } = mounted;
        return {
          ...handle,
          append: (commands) => append(own, handle, commands),
          async newestSnapshot() {
            const snapshot = await handle.newestSnapshot();
            await passSome(own, random.pick(snapshotMsMax));
            return snapshot;
          },
        };
      },
      startSnapshot({ index }) {
        const cancelled = Promise.withResolvers<never>();
        const history = mounted && slowHistory(own, mounted.handle);
        const written = history === undefined ? undefined : writeSnapshot(history, index);
        return {
          done: Promise.race([written, cancelled.promise]),
          stop: async () => cancelled.reject(new Error("cancelled")),
        };
      },
    };
  }

  function openHandle(own: SimulatedProcess, now: Parameters<SharedLog["open"]>[0]["now"]) {
    const toLog = createPipe(scheduler, () => anyPart() * storage.toLogMsMax);
    const toNode = createPipe(scheduler, () => anyPart() * storage.toNodeMsMax);
    const handle = log.open({
      node,
      now,
      toLog,
      toNode: { send: (arrive) => toNode.send(() => own.run(arrive)) },
    });
    return { toLog, handle };
  }

  function append(
    own: SimulatedProcess,
    handle: SharedLogHandle,
    commands: readonly Command[],
  ): Promise<void> {
    if (own.isDead) return new Promise(() => {});
    const { appending, toLogMsMax } = storage;
    if (appending === undefined) return handle.append(commands);
    storage.appending = undefined;
    storage.toLogMsMax = random.pick([toLogMsMax, 3_000]);
    const appended = handle.append(commands);
    storage.toLogMsMax = toLogMsMax;
    appending();
    return appended;
  }

  /** The log of a snapshot job. Writing takes time and ends with the process. */
  function slowHistory(own: SimulatedProcess, handle: SharedLogHandle): History {
    return {
      read: handle.read,
      newestSnapshot: handle.newestSnapshot,
      async writeSnapshot(index, records) {
        await passSome(own, random.pick(snapshotMsMax));
        await handle.writeSnapshot(index, records);
      },
    };
  }

  const storage: SharedStorage = {
    toLogMsMax: wayMsMax,
    toNodeMsMax: wayMsMax,
    appending: undefined,
    mount,
    expectPowerCut() {},
    processEnded() {
      storage.appending = undefined;
      if (mounted === undefined) return;
      const { toLog, handle } = mounted;
      handle.crash();
      // Appends that have left for the log may still arrive.
      scheduler.after(random.pick([0, 50, 3_000, 3_000]), toLog.cut);
      mounted = undefined;
    },
  };
  return storage;
}

/** Longest times for a snapshot to reach the node or the log. */
const snapshotMsMax = [20, 20, 3_000] as const;
