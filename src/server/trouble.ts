import type { Logger } from "pino";
import type { LogStatus } from "../log/log.ts";
import type { Timekeeper } from "./timekeeper.ts";
import type { WatchedDisk } from "./watched-disk.ts";

/** A condition that keeps a live server from accepting work. The server recovers by itself. */
export type Trouble =
  | { readonly type: "disk stalled"; readonly forMs: number }
  /** Full, over quota or read-only; the disk's message says which. */
  | { readonly type: "disk full"; readonly message: string };

/** Knows the current trouble and logs its beginning and its end. */
export interface TroubleWatch {
  current(): Trouble | undefined;
  /** Logs any trouble that has begun or ended since the last call. */
  look(): void;
}

export interface TroubleOptions {
  readonly timekeeper: Timekeeper;
  readonly disk: WatchedDisk;
  /** Monotonic; runs on while the log's time stands still. */
  readonly nowMs: () => number;
  readonly logger: Logger;
  log(): Pick<LogStatus, "isFull">;
}

/** The wall clock is adjusted all the time; by more than this it has jumped. */
const clockJumpMs = 60_000;

const lengthsStay = "leases keep their lengths, and clients are told their ends by the wall clock";
const clockBehind = `the wall clock is behind the time of the log: it was set back, or was wrong before; ${lengthsStay}`;
const clockAhead = `the wall clock is ahead of the time of the log: it was set forward, or the machine slept; ${lengthsStay}`;

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
  let toldAheadMs = 0;

  /** The watched disk logs the end of a stall, because it knows the exact duration. */
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

  function lookAtClock(): void {
    const aheadMs = timekeeper.aheadMs();
    if (Math.abs(aheadMs - toldAheadMs) < clockJumpMs) return;
    toldAheadMs = aheadMs;
    const figures = { aheadSeconds: Math.round(aheadMs / 1000) };
    if (aheadMs >= clockJumpMs) logger.warn(figures, clockBehind);
    else if (aheadMs <= -clockJumpMs) logger.warn(figures, clockAhead);
    else logger.info(figures, "the wall clock agrees with the time of the log again");
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
      lookAtClock();
    },
  };
}
