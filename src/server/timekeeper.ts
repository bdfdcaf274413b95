import type { TimeMs } from "../core/ids.ts";

/** Gives the time that entries of the log carry. */
export interface Timekeeper {
  /** Unix ms; never goes back. */
  now(): TimeMs;
  /**
   * The server has read the log, whose last entry carries `at`. Time begins with the wall clock, or with the log if
   * that is later, because somebody set the wall clock back while no server ran; otherwise the log's time would
   * stand still until the wall clock has caught up, and no lease would end.
   */
  begin(at: TimeMs): void;
  /**
   * The server has applied an entry, maybe of another node, that carries `at`. Returns whether time was behind it
   * and has jumped forward, so that whoever waits for a moment has to count again.
   */
  follow(at: TimeMs): boolean;
  /** Time stands still from now on, because nobody can renew. Several calls count as one. */
  hold(): void;
  /** Ends `hold`. */
  goOn(): void;
  /** Takes out of time what was lost to a stall of our own, so that no lease ends through it. */
  giveBack(ms: number): void;
  /** The sum of everything that was given back. */
  readonly givenBackMs: number;
  /** The part of it for which the process was stopped. */
  readonly stoppedMs: number;
}

/** The process was stopped when it reads the clock so much later than the time before. */
export const stallMs = 1000;

/**
 * The time of a log that is this server's own: the wall clock at the beginning, and from then on the monotonic
 * clock, so that a jump of the wall clock ends no lease. While the process is stopped nobody can renew, so that
 * time does not count, either. The owner calls `now` several times a second.
 */
export function createTimekeeper(wallNow: () => number, monotonicNow: () => number): Timekeeper {
  /** Wall clock minus monotonic clock, fixed at the beginning. */
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
    // Every entry is of this server, and its time came from here.
    follow: () => false,
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
