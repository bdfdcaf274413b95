import type { FencingToken, LockNumber } from "../ids.ts";
import { advanceMax } from "../limits.ts";
import type { Locks } from "../locks/state.ts";
import type { State } from "../state.ts";

/**
 * Skips the next `by` numbers of every counter: fencing tokens, lock numbers, and the ids that nodes count
 * on from `advancedBy`. A namespace that was forgotten in the lost part and came again went on from the
 * highest number of any, so all of them do. Throws `RangeError`, and changes nothing, when `by` is out of
 * range or a number would reach 2^53, above which numbers cannot be told apart.
 */
export function advance(state: State, by: number): void {
  if (!Number.isInteger(by) || by < 1 || by > advanceMax) {
    throw new RangeError(`an advance is a whole number from 1 to ${advanceMax}, not ${by}`);
  }
  const { locks } = state;
  const lastToken = state.lastToken + by;
  const lastNumber = highestNumber(locks) + by;
  const advancedBy = state.advancedBy + by;
  const highest = Math.max(lastToken, lastNumber, advancedBy + state.index);
  if (!Number.isSafeInteger(highest)) {
    throw new RangeError(`no number is left: an advance by ${by} would reach ${highest}`);
  }
  state.lastToken = lastToken as FencingToken;
  state.advancedBy = advancedBy;
  locks.forgottenNumber = lastNumber as LockNumber;
  for (const space of locks.spaces.values()) space.lastNumber = lastNumber as LockNumber;
}

function highestNumber({ spaces, forgottenNumber }: Locks): number {
  let highest: number = forgottenNumber;
  for (const { lastNumber } of spaces.values()) highest = Math.max(highest, lastNumber);
  return highest;
}
