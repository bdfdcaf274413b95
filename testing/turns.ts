import type { Clock } from "../src/server/clock.ts";

/** A clock that stands still, with turns of the event loop that the test ends. */
export interface Turns extends Clock {
  end(): void;
}

export function createTurns(): Turns {
  let due: (() => void)[] = [];
  return {
    nowMs: () => 0,
    recentMs: () => 0,
    after: () => () => {},
    every: () => () => {},
    soon(run) {
      due.push(run);
      return () => {};
    },
    end() {
      const now = due;
      due = [];
      for (const run of now) run();
    },
  };
}
