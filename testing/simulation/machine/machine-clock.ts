import type { Random } from "../../history/random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { MonotonicClock } from "./process.ts";

/** The clocks of one machine. */
export interface MachineClock {
  readonly monotonic: MonotonicClock;
  /** How far the wall clock is ahead of the true time. */
  wallOffsetMs: number;
  wallNowMs(): number;
}

/** 2026-01-01. */
const wallBeginMs = 1_767_225_600_000;

/** How fast or slow their monotonic clocks run: 30 ppm, as ordinary crystals do. */
const driftMax = 3e-5;

/** A machine alone: its monotonic clock is the time of the simulation. */
export function createClock(scheduler: Scheduler, random: Random): MachineClock {
  return machineClock(scheduler, { beginMs: random.below(1e6), speed: 1 });
}

/** One of several that agree on the time, up to `skewMsMax` either way. */
export function createAgreeingClock(
  scheduler: Scheduler,
  random: Random,
  skewMsMax: number,
): MachineClock {
  const speed = 1 + driftMax * (random.below(201) / 100 - 1);
  const clock = machineClock(scheduler, { beginMs: random.below(1e6), speed });
  clock.wallOffsetMs = anySkewMs(random, skewMsMax);
  return clock;
}

export function anySkewMs(random: Random, skewMsMax: number): number {
  return random.below(2 * skewMsMax + 1) - skewMsMax;
}

/** What no clock of those that agree is ahead of. */
export function latestOfAgreeing(scheduler: Scheduler, skewMsMax: number): number {
  return wallBeginMs + skewMsMax + scheduler.nowMs() * (1 + driftMax);
}

function machineClock(scheduler: Scheduler, monotonic: MonotonicClock): MachineClock {
  const clock = {
    monotonic,
    wallOffsetMs: 0,
    wallNowMs: () => wallBeginMs + scheduler.nowMs() + clock.wallOffsetMs,
  };
  return clock;
}
