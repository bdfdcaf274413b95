/** Makes one snapshot beside the running server, from the files, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import { writeSnapshot } from "./compact.ts";
import type { SnapshotOptions } from "./snapshot-thread.ts";

const { folder, index } = workerData as SnapshotOptions;
const log = await openFileLog({
  disk: nodeDisk,
  folder,
  access: "reader",
  report: ({ message }) => parentPort?.postMessage(message),
});
try {
  await writeSnapshot(log, index);
} finally {
  await log.close();
}
