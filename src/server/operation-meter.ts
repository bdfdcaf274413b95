import type { Outcome } from "../core/effect.ts";

/** Counts the operations of one API. Every message passes through it, so it only adds to numbers. */
export interface OperationMeter {
  readonly api: string;
  /** Counts an outcome that goes to a client. */
  count(outcome: Outcome): void;
  /** Adds the time from the arrival of a command to its answer. */
  took(ms: number): void;
  /** Counts an event that was not sent, because its subscriber is too slow or disconnecting. */
  drop(): void;
  /** Counts a conversation that the server ended because nothing but rubbish arrived. */
  turnAway(): void;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly droppedTotal: number;
  readonly turnedAwayTotal: number;
  /** Answers per bucket of `latencyBoundsMs`; the last bucket has no upper bound. */
  readonly latencies: readonly number[];
  readonly latencySumMs: number;
}

/** Upper bounds of the latency histogram. */
export const latencyBoundsMs = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500,
] as const;

export function createOperationMeter(api: string): OperationMeter {
  const outcomes = new Map<string, number>();
  const latencies: number[] = new Array(latencyBoundsMs.length + 1).fill(0);
  let latencySumMs = 0;
  let droppedTotal = 0;
  let turnedAwayTotal = 0;
  return {
    api,
    outcomes,
    latencies,
    count(outcome) {
      const name = outcome.type === "rejected" ? outcome.code : outcome.type;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    },
    took(ms) {
      let place = 0;
      while (place < latencyBoundsMs.length && ms > (latencyBoundsMs[place] as number)) place += 1;
      latencies[place] = (latencies[place] as number) + 1;
      latencySumMs += ms;
    },
    drop() {
      droppedTotal += 1;
    },
    turnAway() {
      turnedAwayTotal += 1;
    },
    get latencySumMs() {
      return latencySumMs;
    },
    get droppedTotal() {
      return droppedTotal;
    },
    get turnedAwayTotal() {
      return turnedAwayTotal;
    },
  };
}
