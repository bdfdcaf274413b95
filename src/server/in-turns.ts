import type { Clock } from "./clock.ts";

/** Time that the steps of one piece of work take in one turn of the event loop, in ms. */
const stepsMsMax = 10;

/**
 * Takes all steps of an iterator, some in each turn of the event loop, so that other connections get their turns in
 * between. The first steps are taken at once. Resolves after the last, to what the iterator returns.
 *
 * @param msMax no further step begins in a turn after so much time; 0: each has a turn of its own.
 */
export function inTurns<Result>(
  steps: Iterator<void, Result, void>,
  clock: Pick<Clock, "nowMs" | "soon">,
  msMax = stepsMsMax,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    function turn(): void {
      try {
        const last = takeSome(steps, clock, msMax);
        if (last.done === true) resolve(last.value);
        else clock.soon(turn);
      } catch (error) {
        reject(error);
      }
    }
    turn();
  });
}

/** Returns the last of the steps that it has taken. */
function takeSome<Result>(
  steps: Iterator<void, Result, void>,
  clock: Pick<Clock, "nowMs">,
  msMax: number,
): IteratorResult<void, Result> {
  const untilMs = clock.nowMs() + msMax;
  let step = steps.next();
  while (step.done !== true && clock.nowMs() < untilMs) step = steps.next();
  return step;
}
