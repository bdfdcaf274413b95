/** The thread that writes one snapshot from the log's files while the server runs. */
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
