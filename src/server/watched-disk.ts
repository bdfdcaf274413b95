import type { Logger } from "pino";
import type { Disk, DiskFile } from "../log/file/mod.ts";
import { stallMs, type Timekeeper } from "./timekeeper.ts";

/** A disk of which the server knows how it fares. */
export interface WatchedDisk {
  readonly disk: Disk;
  /** For how long something has been under way; 0 while that is not longer than `stallMs`. */
  stalledMs(): number;
  /** Why the disk last did not take something, in its own words; empty when it always did. */
  readonly lastRefusal: string;
}

export interface WatchedDiskOptions {
  readonly disk: Disk;
  readonly timekeeper: Timekeeper;
  readonly logger: Logger;
}

/** A sync, or a change of names, which a new segment of the log has to wait for. */
interface DiskOperation {
  readonly beganAt: number;
  /** Since when nothing could be written, as everybody waited for this operation. */
  heldUpSince: number;
}

/**
 * Gives back to the holders of leases the time for which the disk kept everybody waiting: no renewal
 * could be acknowledged meanwhile. It is measured in the time that counts, so that what a stopped
 * process lost anyway is not given back twice. While the log goes on beside it, as it does beside a
 * sync when its durability is `relaxed`, nobody waits.
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
