/** Makes one snapshot beside the running server, from the files, in a thread of its own. */
import { workerData } from "node:worker_threads";
import type { LogIndex } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import { writeSnapshot } from "./compact.ts";

export interface SnapshotOrder {
  readonly folder: string;
  readonly index: LogIndex;
}

const { folder, index } = workerData as SnapshotOrder;
const log = await openFileLog({ disk: nodeDisk, folder, access: "reader" });
try {
  await writeSnapshot(log, index);
} finally {
  await log.close();
}
