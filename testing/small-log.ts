import type { Entry } from "../src/core/command.ts";
import type { TimeMs } from "../src/core/ids.ts";
import type { Disk } from "../src/log/file/disk.ts";
import { type OwnerOptions, openFileLog } from "../src/log/file/open.ts";
import type { FileLog } from "../src/log/file/owner.ts";
import { entriesUntil } from "./log-entries.ts";

/** Opens a log on the disk whose segments are so small that a few entries fill one. */
export function openSmallLog(disk: Disk, options: Partial<OwnerOptions> = {}): Promise<FileLog> {
  return openFileLog({
    access: "owner",
    disk,
    folder: "/log",
    now: () => 1000 as TimeMs,
    durability: "always",
    segmentBytes: 340,
    growthBytes: 64,
    reserveBytes: 64,
    ...options,
  });
}

/** The entries that a log on this disk has after a start. */
export async function entriesAfterStart(disk: Disk, from = 1): Promise<readonly Entry[]> {
  const log = await openSmallLog(disk);
  try {
    const last = log.status().lastIndex;
    return last < from ? [] : await entriesUntil(log, from, last);
  } finally {
    await log.close();
  }
}
