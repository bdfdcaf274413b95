import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { LogIndex } from "../core/ids.ts";

/** A snapshot of the log in the folder, of the state at this committed entry. */
export interface SnapshotOptions {
  readonly folder: string;
  readonly index: LogIndex;
}

export interface SnapshotJob {
  /**
   * Resolves when the snapshot is durable. Rejects when it failed or was stopped, and nothing is written
   * any more; what it has written then may still be there.
   */
  readonly done: Promise<void>;
  /** Ends it; what it has written so far is of no meaning. Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

/** In a thread of its own, so that nobody waits for it. */
export function startSnapshotThread(
  options: SnapshotOptions,
  report: (damage: string) => void,
): SnapshotJob {
  // The worker is built and run in the same form as this file.
  const file = new URL(`./snapshot-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { workerData: options });
  worker.on("message", report);
  return {
    done: untilWritten(worker),
    async stop() {
      await worker.terminate();
    },
  };
}

/** A thread that has failed is waited for, too: until its end it may be writing. */
async function untilWritten(worker: Worker): Promise<void> {
  let failure: unknown;
  worker.on("error", (error) => {
    failure = error;
  });
  const status = await new Promise((resolve) => worker.once("exit", resolve));
  if (failure !== undefined) throw failure;
  if (status !== 0) throw new Error(`the worker ended with status ${status}`);
}
