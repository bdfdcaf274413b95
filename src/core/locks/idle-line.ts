/**
 * Idle things, in the order in which they became idle. A `Set` keeps that order, too; but to find its first
 * item it skips all that were deleted before it, which with many names costs more than everything else.
 */
import { append, type Chain, type Chained, createChain, itemsIn, unlink } from "../chain.ts";

export interface IdleLine<Item> extends Chain<IdlePlace<Item>> {
  size: number;
}

export interface IdlePlace<Item> extends Chained<IdlePlace<Item>> {
  readonly item: Item;
}

/** Knows its place; `undefined` while it is in no line. */
interface Idler<Item> {
  idlePlace: IdlePlace<Item> | undefined;
}

export function createIdleLine<Item>(): IdleLine<Item> {
  return { ...createChain(), size: 0 };
}

/** Appends an item that is in no line. */
export function joinIdle<Item extends Idler<Item>>(line: IdleLine<Item>, item: Item): void {
  const place = { item, previous: undefined, next: undefined };
  item.idlePlace = place;
  append(line, place);
  line.size += 1;
}

/** Does nothing when the item is not there. */
export function leaveIdle<Item extends Idler<Item>>(line: IdleLine<Item>, item: Item): void {
  const place = item.idlePlace;
  if (place === undefined) return;
  item.idlePlace = undefined;
  unlink(line, place);
  line.size -= 1;
}

/** The longest idle first; the one at hand may leave meanwhile. */
export function* idleItems<Item>(line: IdleLine<Item>): Generator<Item> {
  for (const { item } of itemsIn(line)) yield item;
}
