import type { Logger } from "pino";
import type { LogStatus } from "../log/log.ts";
import type { Timekeeper } from "./timekeeper.ts";
import type { WatchedDisk } from "./watched-disk.ts";

/** What keeps the server from taking work, though it lives. It goes on by itself once that is over. */
export type Trouble =
  | { readonly type: "disk stalled"; readonly forMs: number }
  /** Full, over the quota or read-only: the message of the disk says which. */
  | { readonly type: "disk full"; readonly message: string };

/** Knows what is wrong, and tells operators of it when it begins and when it ends. */
export interface TroubleWatch {
  current(): Trouble | undefined;
  /** Logs what has begun or ended since the last look. */
  look(): void;
}

export interface TroubleOptions {
  readonly timekeeper: Timekeeper;
  readonly disk: WatchedDisk;
  /** Monotonic; goes on while the log's time is held. */
  readonly nowMs: () => number;
  readonly logger: Logger;
  log(): Pick<LogStatus, "isFull">;
}

export function watchTrouble({
  timekeeper,
  disk,
  nowMs,
  log,
  logger,
}: TroubleOptions): TroubleWatch {
  let stoppedMs = 0;
  let isStalled = false;
  let fullSince: number | undefined;

  /** The end of a stall is logged by the disk, which knows to the millisecond how long it was. */
  function lookAtStall(): void {
    const forMs = disk.stalledMs();
    if (forMs > 0 && !isStalled) logger.warn({ forMs }, "the disk stalls");
    isStalled = forMs > 0;
  }

  function lookAtRoom(): void {
    const { isFull } = log();
    if (isFull && fullSince === undefined) {
      fullSince = nowMs();
      logger.warn({ message: disk.lastRefusal }, "the disk takes no more");
    } else if (!isFull && fullSince !== undefined) {
      const ms = Math.round(nowMs() - fullSince);
      fullSince = undefined;
      logger.info({ ms }, "the disk has room again");
    }
  }

  function lookAtStops(): void {
    timekeeper.now();
    const ms = timekeeper.stoppedMs - stoppedMs;
    if (ms === 0) return;
    stoppedMs += ms;
    logger.warn({ ms: Math.round(ms) }, "the process stood still; for leases that was no time");
  }

  return {
    current() {
      const forMs = disk.stalledMs();
      if (forMs > 0) return { type: "disk stalled", forMs };
      if (log().isFull) return { type: "disk full", message: disk.lastRefusal };
      return undefined;
    },
    look() {
      lookAtStops();
      lookAtStall();
      lookAtRoom();
    },
  };
}
