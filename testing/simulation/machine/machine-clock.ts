import type { Random } from "../../history/random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { MonotonicClock } from "./process.ts";

/** The clocks of one machine. */
export interface MachineClock {
  readonly monotonic: MonotonicClock;
  /** Wall clock minus true time. */
  wallOffsetMs: number;
  wallNowMs(): number;
}

/** 2026-01-01. */
const wallBeginMs = 1_767_225_600_000;

/** Error of a monotonic clock: 30 ppm, as ordinary crystals have. */
const driftMax = 3e-5;

/** The clock of a machine alone. Its monotonic clock runs exactly with the simulation. */
export function createClock(scheduler: Scheduler, random: Random): MachineClock {
  return machineClock(scheduler, { beginMs: random.below(1e6), speed: 1 });
}

/** The clock of one of several machines, which agree on the time up to `skewMsMax` either way. */
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

/** The latest time that any of the agreeing clocks can show now. */
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
