import type { TimeMs } from "../core/ids.ts";

/** Gives the time that goes into the log. */
export interface Timekeeper {
  /** Unix ms; never goes back. */
  now(): TimeMs;
  /**
   * The log was read, and its last entry is of that time: from now on stops and stalls are given back.
   * Time begins anew with the wall clock, or with the log, should the wall clock be behind it, since it
   * was set back while no server ran. Else the log's time would stand still until the wall clock has
   * caught up, and no lease would end.
   */
  begin(at: TimeMs): void;
  /** Time stands still from now on, since nobody could renew; several calls are as one. */
  hold(): void;
  /** Ends `hold`. */
  goOn(): void;
  /** Takes out of time what was lost to a stall of our own: no lease ends through it. */
  giveBack(ms: number): void;
  /** All that was given back so far. */
  readonly givenBackMs: number;
  /** How much of it was given back since the process was stopped. */
  readonly stoppedMs: number;
}

/** A look at the clock that comes this much later than the one before tells of a stopped process. */
export const stallMs = 1000;

/**
 * Time as the log counts it: the wall clock as it is at the beginning, and from then on the monotonic
 * one, so that a jump of the wall clock ends no lease. While the process was stopped nobody could
 * renew, so that time did not pass, either. Whoever owns it looks at it several times a second.
 */
export function createTimekeeper(wallNow: () => number, monotonicNow: () => number): Timekeeper {
  /** What the monotonic clock lacks to the wall clock. */
  let offset: number | undefined;
  let lookedAt = 0;
  let givenBackMs = 0;
  let stoppedMs = 0;
  let isHeld = false;

  function now(): TimeMs {
    const looking = monotonicNow();
    if (offset === undefined) {
      offset = wallNow() - looking;
      lookedAt = looking;
    }
    const passedMs = looking - lookedAt;
    lookedAt = looking;
    if (passedMs > stallMs) stoppedMs += passedMs;
    if (passedMs > stallMs || isHeld) givenBackMs += passedMs;
    return Math.floor(offset + looking - givenBackMs) as TimeMs;
  }

  return {
    now,
    begin(at) {
      const latest = Math.max(at, now(), wallNow());
      offset = latest - lookedAt;
      givenBackMs = 0;
      stoppedMs = 0;
    },
    hold() {
      now();
      isHeld = true;
    },
    goOn() {
      if (isHeld) now();
      isHeld = false;
    },
    giveBack(ms) {
      givenBackMs += ms;
    },
    get givenBackMs() {
      return givenBackMs;
    },
    get stoppedMs() {
      return stoppedMs;
    },
  };
}
