/**
 * The lock requests of a session. Most sessions have one at a time, again and again: that one stands in
 * a field, and a `Map` is made for the second.
 */
import type { RequestId } from "./ids.ts";
import type { LockRequest } from "./state.ts";

export interface Belongings {
  only: LockRequest | undefined;
  /** All of them, while there are several, or were since there was none. */
  several: Map<RequestId, LockRequest> | undefined;
}

export function createBelongings(): Belongings {
  return { only: undefined, several: undefined };
}

export function addBelonging(belongings: Belongings, lock: LockRequest): void {
  if (belongings.several !== undefined) {
    belongings.several.set(lock.id, lock);
  } else if (belongings.only === undefined) {
    belongings.only = lock;
  } else {
    const { only } = belongings;
    belongings.several = new Map([
      [only.id, only],
      [lock.id, lock],
    ]);
    belongings.only = undefined;
  }
}

export function removeBelonging(belongings: Belongings, lock: LockRequest): void {
  if (belongings.several === undefined) {
    belongings.only = undefined;
  } else {
    belongings.several.delete(lock.id);
    if (belongings.several.size === 0) belongings.several = undefined;
  }
}

export function belongingOf(belongings: Belongings, id: RequestId): LockRequest | undefined {
  const { only, several } = belongings;
  return several === undefined ? (only?.id === id ? only : undefined) : several.get(id);
}

/**
 * In the order of their acceptance, which is not that of their coming when the session has claimed an
 * older one. A copy, which stays as it is while they go.
 */
export function belongingsOf({ only, several }: Belongings): readonly LockRequest[] {
  if (several !== undefined) {
    return [...several.values()].sort((a, b) => a.acceptedIndex - b.acceptedIndex);
  }
  return only === undefined ? [] : [only];
}

export function countOf({ only, several }: Belongings): number {
  return several?.size ?? (only === undefined ? 0 : 1);
}

export function grantedCountOf({ only, several }: Belongings): number {
  if (several === undefined) return only?.token === undefined ? 0 : 1;
  let count = 0;
  for (const { token } of several.values()) if (token !== undefined) count += 1;
  return count;
}
