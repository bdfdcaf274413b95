import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { LogIndex } from "../core/ids.ts";
import type { Log } from "../log/log.ts";
import type { SnapshotOrder } from "./snapshot-worker.ts";

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
}: SnapshotterOptions): Snapshotter {
  let worker: Worker | undefined;
  let running = Promise.resolve();
  let isStopping = false;
  let failuresTotal = 0;
  /** After a failure the next try waits for as much log again. */
  let triedAtBytes = 0;

  async function run(index: LogIndex): Promise<void> {
    const began = performance.now();
    const order: SnapshotOrder = { folder, index };
    // The worker is built and run in the same form as this file.
    const file = new URL(`./snapshot-worker${extname(import.meta.url)}`, import.meta.url);
    worker = new Worker(file, { workerData: order });
    try {
      const [status] = await once(worker, "exit");
      if (isStopping) return;
      if (status !== 0) throw new Error(`the worker ended with status ${status}`);
      await log.trim();
      logger.info({ index, ms: Math.round(performance.now() - began) }, "snapshot written");
    } catch (error) {
      failuresTotal += 1;
      logger.error({ err: error, index }, "snapshot failed");
    } finally {
      worker = undefined;
    }
  }

  return {
    look() {
      const { bytesSinceSnapshot, lastIndex } = log.status();
      if (bytesSinceSnapshot < triedAtBytes) triedAtBytes = 0;
      if (isStopping || worker !== undefined || bytesSinceSnapshot < triedAtBytes + everyBytes)
        return;
      triedAtBytes = bytesSinceSnapshot;
      running = run(lastIndex);
    },
    async stop() {
      isStopping = true;
      await worker?.terminate();
      await running;
    },
    get failuresTotal() {
      return failuresTotal;
    },
  };
}
