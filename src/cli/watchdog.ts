import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/** Kills the process after so many ms, also if its main thread is busy until then. */
export function startWatchdog(ms: number): void {
  // The worker has this file's extension: `.ts` in the source, `.js` in the build.
  const file = new URL(`./watchdog-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { workerData: ms, execArgv: [] });
  // Without a thread to spare, the timer of the main thread has to do.
  worker.on("error", () => {});
  worker.unref();
}
