import type { Logger } from "pino";
import type { LogIndex } from "../core/ids.ts";
import { removeUnfinishedSnapshot } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import type { SnapshotJob } from "./snapshot-thread.ts";
import type { World } from "./world.ts";

/** Sees to it that the log does not grow for ever. */
export interface Snapshotter {
  /** Begins a snapshot when enough was written since the last, and none is under way. */
  look(): void;
  /** Ends one that is under way; what it has written so far is of no meaning. */
  stop(): Promise<void>;
  readonly failuresTotal: number;
}

export interface SnapshotterOptions {
  readonly log: Log;
  readonly folder: string;
  readonly everyBytes: number;
  readonly logger: Logger;
  readonly world: Pick<World, "clock" | "disk" | "startSnapshot">;
}

/**
 * Snapshots are made from the files, by a worker thread, and not from the living state: the server
 * does not pause, whatever the state's size, and the log is read back while it is still there.
 */
export function createSnapshotter({
  log,
  folder,
  everyBytes,
  logger,
  world,
}: SnapshotterOptions): Snapshotter {
  let job: SnapshotJob | undefined;
  let running = Promise.resolve();
  let isStopping = false;
  let failuresTotal = 0;
  /** After a failure the next try waits for as much log again. */
  let triedAtBytes = 0;

  async function run(index: LogIndex): Promise<void> {
    const beganMs = world.clock.nowMs();
    try {
      job = world.startSnapshot({ folder, index }, tellDamage);
      await job.done;
      if (isStopping) return;
      await trim(index);
      const ms = Math.round(world.clock.nowMs() - beganMs);
      logger.info({ index, ms }, "snapshot written");
    } catch (error) {
      if (!isStopping) tellFailure(error, index);
      await removeRest(index);
    } finally {
      job = undefined;
    }
  }

  function tellFailure(error: unknown, index: LogIndex): void {
    failuresTotal += 1;
    const { snapshotIndex: kept } = log.status();
    logger.error({ err: error, index, kept }, "snapshot failed");
  }

  /** A thread that was ended could not do so itself. What cannot be removed now, the next start removes. */
  async function removeRest(index: LogIndex): Promise<void> {
    try {
      await removeUnfinishedSnapshot(world.disk, folder, index);
    } catch (error) {
      logger.error({ err: error, index }, "what is left of a snapshot could not be removed");
    }
  }

  function tellDamage(damage: string): void {
    logger.error({ damage }, "a snapshot is damaged");
  }

  /** The next snapshot tries again. */
  async function trim(index: LogIndex): Promise<void> {
    try {
      await log.trim();
    } catch (error) {
      failuresTotal += 1;
      logger.error({ err: error, index }, "the log before a snapshot could not be removed");
    }
  }

  return {
    look() {
      const { bytesSinceSnapshot, lastIndex } = log.status();
      if (bytesSinceSnapshot < triedAtBytes) triedAtBytes = 0;
      if (isStopping || job !== undefined || bytesSinceSnapshot < triedAtBytes + everyBytes) return;
      triedAtBytes = bytesSinceSnapshot;
      running = run(lastIndex);
    },
    async stop() {
      isStopping = true;
      await job?.stop();
      await running;
    },
    get failuresTotal() {
      return failuresTotal;
    },
  };
}
