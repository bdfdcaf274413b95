import { join } from "node:path";
import type { LogIndex } from "../../core/ids.ts";
import type { Disk } from "./disk.ts";
import { snapshotName, temporarySuffix } from "./names.ts";

/**
 * Removes the file of a snapshot at this entry whose writer ended before it was done. Nobody may be
 * writing the snapshot any more.
 */
export function removeUnfinishedSnapshot(
  disk: Disk,
  folder: string,
  index: LogIndex,
): Promise<void> {
  return disk.remove(join(folder, snapshotName(index) + temporarySuffix));
}
