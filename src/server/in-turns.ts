import type { Clock } from "./clock.ts";

/** Time that the steps of one piece of work take in one turn of the event loop, in ms. */
const stepsMsMax = 10;

/**
 * Takes all steps of an iterator, some in each turn of the event loop, so that other connections get their turns in
 * between. The first steps are taken at once. Resolves after the last.
 */
export function inTurns(
  steps: Iterator<void>,
  clock: Pick<Clock, "nowMs" | "soon">,
): Promise<void> {
  return new Promise((resolve, reject) => {
    function turn(): void {
      try {
        if (takeSome(steps, clock)) resolve();
        else clock.soon(turn);
      } catch (error) {
        reject(error);
      }
    }
    turn();
  });
}

/** Returns whether it has taken the last step. */
function takeSome(steps: Iterator<void>, clock: Pick<Clock, "nowMs">): boolean {
  const untilMs = clock.nowMs() + stepsMsMax;
  do {
    if (steps.next().done === true) return true;
  } while (clock.nowMs() < untilMs);
  return false;
}
