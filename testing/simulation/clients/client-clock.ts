import type { Random } from "../../history/random.ts";
import type { Scheduler } from "../scheduler.ts";

/** A client's own clock, which runs a little fast or slow against the server's, as clocks do. */
export interface ClientClock {
  /** How many of its seconds pass in one second of the simulation. */
  readonly speed: number;
  /** Milliseconds by this clock. */
  nowMs(): number;
  /** Runs the task after `ms` by this clock, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /** Time of the simulation in which this clock counts `ms`. */
  realMs(ms: number): number;
}

/** Half of the difference that the margin in docs/operating/time.md tolerates, and more than real clocks show. */
const driftMax = 0.05;

export function createClientClock(scheduler: Scheduler, random: Random): ClientClock {
  const speed = 1 + driftMax * (random.below(1001) / 500 - 1);
  const realMs = (ms: number) => ms / speed;
  return {
    speed,
    nowMs: () => scheduler.nowMs() * speed,
    after: (ms, run) => scheduler.after(realMs(ms), run),
    realMs,
  };
}
