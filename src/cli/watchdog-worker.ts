/** The thread of `startWatchdog`. */
import { Session } from "node:inspector";
import { workerData } from "node:worker_threads";

setTimeout(kill, workerData);

/** The second part is for process 1 of a container, which survives its own SIGKILL: only the main thread can end it. */
function kill(): void {
  process.kill(process.pid, "SIGKILL");
  const session = new Session();
  session.connectToMainThread();
  // The inspector interrupts whatever the main thread computes.
  session.post("Runtime.evaluate", {
    expression: `process.execve(process.execPath, [process.execPath, "-e", "process.exit(137)"], {})`,
  });
}
