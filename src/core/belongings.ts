/**
 * What belongs to a session. Most sessions own one thing at a time, again and again: that one stands in a
 * field, and a `Map` is made for the second.
 */
import type { LogIndex, RequestId } from "./ids.ts";

export interface Belongings<Item> {
  /** The things come from several sessions, so their request ids may be equal; they are never looked up by id. */
  readonly isMixed: boolean;
  /** What all of them take. */
  bytes: number;
  only: Item | undefined;
  /** All of them, while there are several, or were since there was none. */
  several: Map<RequestId | LogIndex, Item> | undefined;
}

/** A thing that belongs to a session, under the request that asked for it. */
export interface Belonging {
  readonly request: RequestId;
  readonly acceptedIndex: LogIndex;
  readonly bytes: number;
}

export function createBelongings<Item>(isMixed = false): Belongings<Item> {
  return { isMixed, bytes: 0, only: undefined, several: undefined };
}

export function addBelonging<Item extends Belonging>(owned: Belongings<Item>, item: Item): void {
  owned.bytes += item.bytes;
  if (owned.several !== undefined) {
    owned.several.set(keyIn(owned, item), item);
  } else if (owned.only === undefined) {
    owned.only = item;
  } else {
    const { only } = owned;
    owned.several = new Map([
      [keyIn(owned, only), only],
      [keyIn(owned, item), item],
    ]);
    owned.only = undefined;
  }
}

export function removeBelonging<Item extends Belonging>(owned: Belongings<Item>, item: Item): void {
  owned.bytes -= item.bytes;
  if (owned.several === undefined) {
    owned.only = undefined;
  } else {
    owned.several.delete(keyIn(owned, item));
    if (owned.several.size === 0) owned.several = undefined;
  }
}

function keyIn({ isMixed }: Belongings<unknown>, item: Belonging): RequestId | LogIndex {
  return isMixed ? item.acceptedIndex : item.request;
}

export function belongingOf<Item extends Belonging>(
  { only, several }: Belongings<Item>,
  request: RequestId,
): Item | undefined {
  if (several !== undefined) return several.get(request);
  return only?.request === request ? only : undefined;
}

/**
 * A copy, which stays as it is while they go. In the order of acceptance: that is not the order of arrival
 * when the session has claimed an older thing.
 */
export function belongingsOf<Item extends Belonging>({
  only,
  several,
}: Belongings<Item>): readonly Item[] {
  if (several !== undefined) {
    return [...several.values()].sort((a, b) => a.acceptedIndex - b.acceptedIndex);
  }
  return only === undefined ? [] : [only];
}

export function countOf({ only, several }: Belongings<unknown>): number {
  return several?.size ?? (only === undefined ? 0 : 1);
}
