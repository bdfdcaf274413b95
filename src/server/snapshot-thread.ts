import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { LogIndex } from "../core/ids.ts";

/** The snapshot to write: of the log in this folder, at this committed entry. */
export interface SnapshotOptions {
  readonly folder: string;
  readonly index: LogIndex;
}

export interface SnapshotJob {
  /**
   * Resolves when the snapshot is durable. Rejects after a failure or a stop, once the thread writes
   * nothing more; an unfinished file may remain.
   */
  readonly done: Promise<void>;
  /** Stops the thread and resolves when it has ended. The unfinished file is useless. */
  stop(): Promise<void>;
}

/** Writes the snapshot in a thread of its own, so that no client waits for it. */
export function startSnapshotThread(
  options: SnapshotOptions,
  report: (damage: string) => void,
): SnapshotJob {
  // The worker has this file's extension: `.ts` in the source, `.js` in the build.
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

/** Waits for the thread's exit even after an error, because until then it may write. */
async function untilWritten(worker: Worker): Promise<void> {
  let failure: unknown;
  worker.on("error", (error) => {
    failure = error;
  });
  const status = await new Promise((resolve) => worker.once("exit", resolve));
  if (failure !== undefined) throw failure;
  if (status !== 0) throw new Error(`the worker ended with status ${status}`);
}
