import type { Logger } from "pino";
import type { Disk, DiskFile } from "../log/file/mod.ts";
import { stallMs, type Timekeeper } from "./timekeeper.ts";

/** A disk of which the server knows how it fares. */
export interface WatchedDisk {
  readonly disk: Disk;
  /** For how long a sync has been under way; 0 while that is not longer than `stallMs`. */
  stalledMs(): number;
  /** Why the disk last did not take something, in its own words; empty when it always did. */
  readonly lastRefusal: string;
}

export interface WatchedDiskOptions {
  readonly disk: Disk;
  readonly timekeeper: Timekeeper;
  readonly logger: Logger;
}

interface Sync {
  readonly beganAt: number;
  /** Since when nothing could be written, as everybody waited for this sync. */
  heldUpSince: number;
}

/**
 * Gives back to the holders of leases the time for which the disk kept everybody waiting: no renewal
 * could be acknowledged meanwhile. It is measured in the time that counts, so that what a stopped
 * process lost anyway is not given back twice. While the log goes on beside a sync, as it does when
 * its durability is `relaxed`, nobody waits.
 */
export function watchDisk({ disk, timekeeper, logger }: WatchedDiskOptions): WatchedDisk {
  const syncs = new Set<Sync>();
  let lastRefusal = "";

  function watchFile(file: DiskFile): DiskFile {
    return {
      ...file,
      write(bytes, position) {
        for (const sync of syncs) sync.heldUpSince = timekeeper.now();
        heard(() => file.write(bytes, position));
      },
      truncate: (size) => heard(() => file.truncate(size)),
      async sync() {
        const beganAt = timekeeper.now();
        const sync: Sync = { beganAt, heldUpSince: beganAt };
        syncs.add(sync);
        try {
          await file.sync();
        } finally {
          syncs.delete(sync);
        }
        settle(sync);
      },
    };
  }

  function settle({ beganAt, heldUpSince }: Sync): void {
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
    },
    stalledMs() {
      const now = timekeeper.now();
      const longest = Math.max(0, ...[...syncs].map(({ beganAt }) => now - beganAt));
      return longest > stallMs ? longest : 0;
    },
    get lastRefusal() {
      return lastRefusal;
    },
  };
}
