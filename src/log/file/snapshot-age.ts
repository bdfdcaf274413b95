import type { LogIndex } from "../../core/ids.ts";
import type { FileStatus, LogStatus } from "../log.ts";
import type { SnapshotExtent } from "./snapshots.ts";

/** Tracks how much log is behind the newest snapshot. */
export interface SnapshotAge {
  note(newest: SnapshotExtent, now: Progress): void;
  status(
    writtenBytes: number,
  ): Pick<LogStatus, "bytesSinceSnapshot" | "snapshotIndex"> & Pick<FileStatus, "snapshotBytes">;
}

export interface Progress {
  readonly lastIndex: LogIndex;
  /** Bytes of log written since it was opened. */
  readonly writtenBytes: number;
}

export function createSnapshotAge(found: {
  readonly snapshot: SnapshotExtent | undefined;
  readonly bytesSinceSnapshot: number;
}): SnapshotAge {
  let snapshotIndex = found.snapshot?.index ?? (0 as LogIndex);
  let snapshotBytes = found.snapshot?.bytes ?? 0;
  /** The value of `writtenBytes` at the newest snapshot. */
  let bytesAtSnapshot = -found.bytesSinceSnapshot;
  return {
    /** Estimates the bytes, as if all entries had the same size. */
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
