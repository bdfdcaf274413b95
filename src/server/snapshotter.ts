import type { Logger } from "pino";
import type { LogIndex } from "../core/ids.ts";
import { removeUnfinishedSnapshot } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import type { SnapshotJob } from "./snapshot-thread.ts";
import type { World } from "./world.ts";

/** Keeps the log from growing for ever. */
export interface Snapshotter {
  /** Starts a snapshot if the log has grown enough since the last and none is in progress. */
  look(): void;
  /** Stops a snapshot in progress. Its unfinished file is useless. */
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
 * A worker thread makes snapshots from the log's files and not from the server's state. So the server
 * never pauses, however large the state is, and each snapshot proves that the log can be read back.
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
  /** Size of the log at the last try: after a failure the next try waits for as much log again. */
  let triedAtBytes = 0;

  async function run(index: LogIndex): Promise<void> {
    const beganMs = world.clock.nowMs();
    try {
      job = world.startSnapshot({ folder, index }, logDamage);
      await job.done;
      if (isStopping) return;
      await trim(index);
      const ms = Math.round(world.clock.nowMs() - beganMs);
      logger.info({ index, ms }, "snapshot written");
    } catch (error) {
      if (!isStopping) logFailure(error, index);
      await removeRest(index);
    } finally {
      job = undefined;
    }
  }

  function logFailure(error: unknown, index: LogIndex): void {
    failuresTotal += 1;
    const { snapshotIndex: kept } = log.status();
    logger.error({ err: error, index, kept }, "snapshot failed");
  }

  /** Removes the unfinished file of a stopped thread. If that fails, the next start removes it. */
  async function removeRest(index: LogIndex): Promise<void> {
    try {
      await removeUnfinishedSnapshot(world.disk, folder, index);
    } catch (error) {
      logger.error({ err: error, index }, "what is left of a snapshot could not be removed");
    }
  }

  function logDamage(damage: string): void {
    logger.error({ damage }, "a snapshot is damaged");
  }

  /** Trims the log. After a failure the next snapshot tries again. */
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
