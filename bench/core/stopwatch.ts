import type { Nanoseconds, Timing } from "./case.ts";

/** Times one kind of operation in pieces, and leaves out what happens between them. */
export interface Stopwatch {
  /** Runs `perform`, which does it `operations` times. */
  time(operations: number, perform: () => void): void;
  spentMs(): number;
  /** Nanoseconds of one operation, on average; the watch then begins anew. */
  lap(): number;
}

export function createStopwatch(): Stopwatch {
  let spentMs = 0;
  let operationsTotal = 0;
  return {
    time(operations, perform) {
      const began = performance.now();
      perform();
      spentMs += performance.now() - began;
      operationsTotal += operations;
    },
    spentMs: () => spentMs,
    lap() {
      const nanoseconds = (spentMs * 1e6) / operationsTotal;
      spentMs = 0;
      operationsTotal = 0;
      return nanoseconds;
    },
  };
}

/** Plays rounds until the watches have run long enough: once to warm up, then for each run. */
export function laps<Name extends string>(
  watches: Readonly<Record<Name, Stopwatch>>,
  { runs, warmUpMs, measureMs }: Timing,
  playRound: () => void,
): Record<Name, Nanoseconds> {
  const all = Object.entries<Stopwatch>(watches);
  const laps = Object.fromEntries(all.map(([name]) => [name, []])) as Record<string, number[]>;
  for (let run = 0; run <= runs; run += 1) {
    const durationMs = run === 0 ? warmUpMs : measureMs;
    while (all.reduce((sum, [, watch]) => sum + watch.spentMs(), 0) < durationMs) playRound();
    for (const [name, watch] of all) {
      const lap = watch.lap();
      if (run > 0) laps[name]?.push(lap);
    }
  }
  return laps as Record<Name, Nanoseconds>;
}
