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
  /** For how long the process was stopped. */
  readonly stoppedMs: number;
  /**
   * By how much time lags behind after the server was busy, so that it reads what has arrived before anything ends.
   * A lease that begins now must be longer by as much.
   */
  readonly lagMs: number;
  /**
   * By how much time is ahead of the wall clock, apart from what was given back: 0, unless the wall clock has jumped, or
   * the log has an entry from when it was wrong. In ms; negative: behind.
   */
  aheadMs(): number;
  /** What the wall clock shows at a time of the log, in Unix ms, as far as one can know now. */
  wallMsOf(at: TimeMs): number;
}

/** A process that did not run for longer between two readings of the clock was stopped. */
export const stallMs = 1000;

/** The clocks of the machine, as a timekeeper reads them. */
export interface TimeSources {
  /** Unix time; may jump. */
  wallNowMs(): number;
  /** Monotonic. */
  nowMs(): number;
  /** CPU time that the server's thread has used, in ms. */
  cpuMs(): number;
}

/** Reading the CPU time costs a system call, and a busy server reads the clock with every append. */
const cpuSampleMs = 50;

/**
 * The most by which time lags behind. After a busy time it lags by so much of that, and catches up at double speed, so
 * that a deadline is met later by no more than this, and a renewal that has waited unread for less can come in time.
 */
export const lagMsMax = 100;

/**
 * The time of a log that is this server's own: the wall clock at the beginning, and from then on the monotonic
 * clock, so that a jump of the wall clock ends no lease. While the process is stopped nobody can renew, so that
 * time does not count, either. Time in which the thread used the processor does count, however rarely it reads
 * the clock: otherwise a client that keeps the server busy would hold up the end of every lease. The owner calls
 * `now` several times a second.
 */
export function createTimekeeper({ wallNowMs, nowMs, cpuMs }: TimeSources): Timekeeper {
  /** Wall clock minus monotonic clock, fixed at the beginning. */
  let offset: number | undefined;
  let lookedAt = 0;
  let cpuSample = { atMs: 0, cpuMs: 0 };
  let givenBackMs = 0;
  let stoppedMs = 0;
  let lagMs = 0;
  let isHeld = false;

  function now(): TimeMs {
    const looking = nowMs();
    if (offset === undefined) {
      offset = wallNowMs() - looking;
      lookedAt = looking;
      cpuSample = { atMs: looking, cpuMs: cpuMs() };
    }
    const passedMs = looking - lookedAt;
    const { idleMs, busyMs } = sampleAt(looking);
    lookedAt = looking;
    // A thread that waits for events between two readings is idle, too, so the clock must have been unread meanwhile.
    const missedMs = Math.min(passedMs, idleMs);
    const wasStopped = missedMs > stallMs;
    if (wasStopped) stoppedMs += missedMs;
    if (isHeld) {
      givenBackMs += passedMs;
    } else {
      if (wasStopped) givenBackMs += missedMs;
      const countedMs = wasStopped ? passedMs - missedMs : passedMs;
      const wasBusy = busyMs >= cpuSampleMs;
      lagMs = Math.max(lagMs - passedMs, wasBusy ? Math.min(countedMs, busyMs, lagMsMax) : 0);
    }
    return Math.floor(offset + looking - givenBackMs - lagMs) as TimeMs;
  }

  /**
   * For how long the thread has not run and has run since the last sample, which may be `cpuSampleMs` older than the
   * last reading of the clock; nothing when it is too early for another sample.
   */
  function sampleAt(looking: number): { readonly idleMs: number; readonly busyMs: number } {
    const sinceMs = looking - cpuSample.atMs;
    if (sinceMs < cpuSampleMs) return unknown;
    const before = cpuSample.cpuMs;
    cpuSample = { atMs: looking, cpuMs: cpuMs() };
    const busyMs = cpuSample.cpuMs - before;
    return { idleMs: Math.max(0, sinceMs - busyMs), busyMs };
  }

  return {
    now,
    begin(at) {
      const latest = Math.max(at, now(), wallNowMs());
      offset = latest - lookedAt;
      givenBackMs = 0;
      stoppedMs = 0;
      lagMs = 0;
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
    get lagMs() {
      return lagMs;
    },
    aheadMs: () => (offset === undefined ? 0 : offset + nowMs() - wallNowMs()),
    wallMsOf: (at) => Math.round(at + wallNowMs() - now()),
  };
}

const unknown = { idleMs: 0, busyMs: 0 };
