import { join } from "node:path";
import type { LogIndex } from "../../core/ids.ts";
import type { Disk } from "./disk.ts";
import { snapshotName, temporarySuffix } from "./names.ts";

/**
 * Removes what is left of the snapshot at this entry when its writer has ended in the middle of it.
 * Nobody may be writing it any more.
 */
export function removeUnfinishedSnapshot(
  disk: Disk,
  folder: string,
  index: LogIndex,
): Promise<void> {
  return disk.remove(join(folder, snapshotName(index) + temporarySuffix));
}
