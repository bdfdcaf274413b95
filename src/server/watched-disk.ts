import type { Logger } from "pino";
import type { Disk, DiskFile } from "../log/file/mod.ts";
import { stallMs, type Timekeeper } from "./timekeeper.ts";

/** A disk that measures its own stalls. */
export interface WatchedDisk {
  readonly disk: Disk;
  /** How long the slowest operation has been in progress; 0 up to `stallMs`. */
  stalledMs(): number;
  /** The message of the disk's last refusal to write; empty if it never refused. */
  readonly lastRefusal: string;
}

export interface WatchedDiskOptions {
  readonly disk: Disk;
  readonly timekeeper: Timekeeper;
  readonly logger: Logger;
}

/** A sync, or a change of names that a new segment of the log waits for. */
interface DiskOperation {
  readonly beganAt: number;
  /** The time since which every write has waited for this operation. */
  heldUpSince: number;
}

/**
 * Gives the time of a disk stall back to the holders of leases, because the server could not acknowledge a
 * renewal meanwhile. The timekeeper's time measures the stall, so that the stop of a process is not given
 * back twice. A stall does not count while the log still writes, as it does beside a sync under `relaxed`
 * durability.
 */
export function watchDisk({ disk, timekeeper, logger }: WatchedDiskOptions): WatchedDisk {
  const underWay = new Set<DiskOperation>();
  let lastRefusal = "";

  function watchFile(file: DiskFile): DiskFile {
    return {
      ...file,
      write(bytes, position) {
        for (const operation of underWay) operation.heldUpSince = timekeeper.now();
        heard(() => file.write(bytes, position));
      },
      truncate: (size) => heard(() => file.truncate(size)),
      sync: () => timed(file.sync),
    };
  }

  async function timed(run: () => Promise<void>): Promise<void> {
    const beganAt = timekeeper.now();
    const operation: DiskOperation = { beganAt, heldUpSince: beganAt };
    underWay.add(operation);
    try {
      await run();
    } finally {
      underWay.delete(operation);
    }
    settle(operation);
  }

  function settle({ beganAt, heldUpSince }: DiskOperation): void {
    const endedAt = timekeeper.now();
    const ms = endedAt - beganAt;
    if (ms <= stallMs) return;
    const heldUpMs = endedAt - heldUpSince;
    const givenBackMs = heldUpMs > stallMs ? heldUpMs : 0;
    timekeeper.giveBack(givenBackMs);
    logger.warn({ ms, givenBackMs }, "the disk goes on after a stall");
  }

  function heard<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      lastRefusal = (error as Error).message;
      throw error;
    }
  }

  return {
    disk: {
      ...disk,
      open(path, mode) {
        const open = () => disk.open(path, mode);
        return watchFile(mode === "read" ? open() : heard(open));
      },
      rename: (from, to) => timed(() => disk.rename(from, to)),
      remove: (path) => timed(() => disk.remove(path)),
      syncFolder: (folder) => timed(() => disk.syncFolder(folder)),
    },
    stalledMs() {
      const now = timekeeper.now();
      const longest = Math.max(0, ...[...underWay].map(({ beganAt }) => now - beganAt));
      return longest > stallMs ? longest : 0;
    },
    get lastRefusal() {
      return lastRefusal;
    },
  };
}
