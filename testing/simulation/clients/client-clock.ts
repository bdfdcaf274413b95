import type { Random } from "../../history/random.ts";
import type { Scheduler } from "../scheduler.ts";

/** A client's own: it runs a little fast or slow against that of the server, as clocks do. */
export interface ClientClock {
  /** How many of its seconds pass in one second of the simulation. */
  readonly speed: number;
  /** As it shows the time. */
  nowMs(): number;
  /** Runs the task when it has counted `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /** What it takes for so many ms, in the time of the simulation. */
  realMs(ms: number): number;
}

/** Half of what the margin in docs/operating/time.md bears, and more than real clocks are off by. */
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
