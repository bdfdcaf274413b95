import type { FencingToken, LockNumber } from "./ids.ts";
import { advanceMax } from "./limits.ts";
import type { State } from "./state.ts";

/**
 * Leaves out the next `by` of all that is counted: fencing tokens, lock numbers, and the ids that the
 * server counts on from `advancedBy`. A namespace that was forgotten in the unknown part and came again
 * went on from the highest number of any, so all of them do. Throws `RangeError`, and changes nothing,
 * when `by` is none or a number would reach 2^53, where they cannot be told apart any more.
 */
export function advance(state: State, by: number): void {
  if (!Number.isInteger(by) || by < 1 || by > advanceMax) {
    throw new RangeError(`an advance is a whole number from 1 to ${advanceMax}, not ${by}`);
  }
  const lastToken = state.lastToken + by;
  const lastNumber = highestNumber(state) + by;
  const advancedBy = state.advancedBy + by;
  const highest = Math.max(lastToken, lastNumber, advancedBy + state.index);
  if (!Number.isSafeInteger(highest)) {
    throw new RangeError(`no number is left: an advance by ${by} would reach ${highest}`);
  }
  state.lastToken = lastToken as FencingToken;
  state.forgottenNumber = lastNumber as LockNumber;
  state.advancedBy = advancedBy;
  for (const space of state.spaces.values()) space.lastNumber = lastNumber as LockNumber;
}

function highestNumber({ spaces, forgottenNumber }: State): number {
  let highest: number = forgottenNumber;
  for (const { lastNumber } of spaces.values()) highest = Math.max(highest, lastNumber);
  return highest;
}
