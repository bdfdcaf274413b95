import type { TimeMs } from "../core/ids.ts";

/** Gives the time that goes into the log. */
export interface Timekeeper {
  /** Unix ms; never goes back. */
  now(): TimeMs;
  /**
   * Time goes on from there, should it be behind: the wall clock was set back while no server ran. Else
   * the log's time would stand still until the wall clock has caught up, and no lease would end.
   */
  goOnFrom(at: TimeMs): void;
  /** Takes out of time what was lost to a stall of our own: no lease ends through it. */
  giveBack(ms: number): void;
  /** All that was given back so far. */
  readonly givenBackMs: number;
}

/** A look at the clock that comes this much later than the one before tells of a stopped process. */
export const stallMs = 1000;

/**
 * Time as the log counts it: the wall clock as it is at the first look, and from then on the monotonic
 * one, so that a jump of the wall clock ends no lease. While the process was stopped nobody could
 * renew, so that time did not pass, either. Whoever owns it looks at it several times a second.
 */
export function createTimekeeper(wallNow: () => number, monotonicNow: () => number): Timekeeper {
  /** What the monotonic clock lacks to the wall clock. */
  let offset: number | undefined;
  let lookedAt = 0;
  let givenBackMs = 0;
  function now(): TimeMs {
    const looking = monotonicNow();
    if (offset === undefined) {
      offset = wallNow() - looking;
      lookedAt = looking;
    }
    if (looking - lookedAt > stallMs) givenBackMs += looking - lookedAt;
    lookedAt = looking;
    return Math.floor(offset + looking - givenBackMs) as TimeMs;
  }

  return {
    now,
    goOnFrom(at) {
      const behindMs = at - now();
      if (behindMs > 0) offset = (offset ?? 0) + behindMs;
    },
    giveBack(ms) {
      givenBackMs += ms;
    },
    get givenBackMs() {
      return givenBackMs;
    },
  };
}
