import type { LogIndex } from "../../core/ids.ts";
import type { FileStatus, LogStatus } from "../log.ts";
import type { SnapshotExtent } from "./snapshots.ts";

/** How much log there is behind the newest snapshot. */
export interface SnapshotAge {
  note(newest: SnapshotExtent, now: Progress): void;
  status(
    writtenBytes: number,
  ): Pick<LogStatus, "bytesSinceSnapshot" | "snapshotIndex"> & Pick<FileStatus, "snapshotBytes">;
}

export interface Progress {
  readonly lastIndex: LogIndex;
  /** Of log, since it was opened. */
  readonly writtenBytes: number;
}

export function createSnapshotAge(found: {
  readonly snapshot: SnapshotExtent | undefined;
  readonly bytesSinceSnapshot: number;
}): SnapshotAge {
  let snapshotIndex = found.snapshot?.index ?? (0 as LogIndex);
  let snapshotBytes = found.snapshot?.bytes ?? 0;
  /** What `writtenBytes` would have been at the newest snapshot. */
  let bytesAtSnapshot = -found.bytesSinceSnapshot;
  return {
    /** The bytes are estimated: as if all entries were of one size. */
    note({ index, bytes }, { lastIndex, writtenBytes }) {
      if (index <= snapshotIndex) return;
      const share = Math.max(0, lastIndex - index) / Math.max(1, lastIndex - snapshotIndex);
      bytesAtSnapshot = writtenBytes - Math.round((writtenBytes - bytesAtSnapshot) * share);
      snapshotIndex = index;
      snapshotBytes = bytes;
    },
    status: (writtenBytes) => ({
      bytesSinceSnapshot: writtenBytes - bytesAtSnapshot,
      snapshotBytes,
      snapshotIndex,
    }),
  };
}
