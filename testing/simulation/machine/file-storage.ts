import { openFileLog } from "../../../src/log/file/mod.ts";
import { writeSnapshot } from "../../../src/server/compact.ts";
import { openConfiguredLog } from "../../../src/server/configured-log.ts";
import type { Random } from "../../history/random.ts";
import { createMemoryDisk, type MemoryDisk } from "../../memory-disk/memory-disk.ts";
import { findLog } from "../oracle/found-log.ts";
import type { Oracle } from "../oracle/oracle.ts";
import { folderName, type Scenario } from "../scenario.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Calm } from "./calm.ts";
import { createCancellableDisk } from "./cancellable-disk.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Ending, LogWorld, Storage } from "./storage.ts";
import type { OwnTimeBound } from "./time-bound.ts";

/** A log in files, on a disk that outlives the process. */
export interface FileStorage extends Storage {
  readonly disk: MemoryDisk;
  /** Additional time of each sync from now on. */
  syncDelayMs: number;
  /** The moment at which everything is done that the disk is doing now. */
  readonly idleAtMs: number;
}

export interface FileStorageParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly oracle: Oracle;
  readonly scenario: Scenario;
  readonly calm: Calm;
  readonly time: OwnTimeBound;
}

/** Age of entries that a loss of power may take with durability `relaxed`. */
const relaxedMs = 1_000;

export function createFileStorage(parts: FileStorageParts): FileStorage {
  const { scheduler, random, oracle, scenario, calm, time } = parts;
  let disk = createMemoryDisk({ settle });
  let process: SimulatedProcess | undefined;
  let idleAtMs = 0;

  /** Delays each slow operation of the disk. A process that has ended waits for ever. */
  function settle(operation: string): Promise<void> {
    const ms = durationMs(operation);
    idleAtMs = Math.max(idleAtMs, scheduler.nowMs() + ms);
    if (ms > scenario.syncMsMax) calm.disturbUntil(idleAtMs);
    const asker = process;
    return new Promise((resolve) => void asker?.after(ms, resolve));
  }

  function durationMs(operation: string): number {
    if (operation === "turn") return 0;
    const ms = (random.below(1000) / 1000) * scenario.syncMsMax;
    return isSync(operation) ? ms + storage.syncDelayMs : ms;
  }

  function mount(own: SimulatedProcess): LogWorld {
    process = own;
    oracle.found(findLog(disk.afterKill(), folderName()));
    const ownDisk = disk;
    const { segmentBytes } = scenario;
    const sizes = { segmentBytes, growthBytes: 512, reserveBytes: 4_096 };
    return {
      disk: time.watch(own.clock, ownDisk),
      isLogShared: false,
      openLog: (options) => openConfiguredLog(options, sizes),
      startSnapshot({ folder, index }) {
        const thread = createCancellableDisk(ownDisk);
        const log = openFileLog({ access: "reader", disk: thread.disk, folder });
        const written = log.then((reader) => writeSnapshot(reader, index));
        return { done: Promise.race([written, thread.cancelled]), stop: thread.cancel };
      },
    };
  }

  /** A server that syncs in time loses no more than the last second of a relaxed log. */
  function expectPowerCut(): void {
    const { lastIndex } = findLog(disk.afterCrash(), folderName());
    const isSyncing = calm.sinceMs() !== undefined && process?.isDead === false;
    const unsyncedMsMax = isSyncing ? relaxedMs + 4 * scenario.syncMsMax : Number.POSITIVE_INFINITY;
    oracle.powerCut(lastIndex, unsyncedMsMax);
  }

  function processEnded(how: Ending): void {
    disk.halt();
    disk = how === "power" ? disk.afterCrash({ keep: random }) : disk.afterKill();
  }

  const storage: FileStorage = {
    get disk() {
      return disk;
    },
    syncDelayMs: 0,
    get idleAtMs() {
      return idleAtMs;
    },
    mount,
    expectPowerCut,
    processEnded,
  };
  return storage;
}

/** An operation that waits for the disk itself, and not for its cache alone. */
function isSync(operation: string): boolean {
  return operation === "sync" || operation === "sync_folder" || operation === "rename";
}
