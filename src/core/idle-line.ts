/**
 * What nobody uses, in the order in which it was left. A `Set` keeps that order, too; but to find its
 * first item it passes over all that were deleted before it, and with many names that costs more than
 * everything else.
 */
export interface IdleLine<Item> {
  size: number;
  first: IdlePlace<Item> | undefined;
  last: IdlePlace<Item> | undefined;
}

export interface IdlePlace<Item> {
  readonly item: Item;
  previous: IdlePlace<Item> | undefined;
  next: IdlePlace<Item> | undefined;
}

/** Knows its place; `undefined` while it is in no line. */
interface Idler<Item> {
  idlePlace: IdlePlace<Item> | undefined;
}

export function createIdleLine<Item>(): IdleLine<Item> {
  return { size: 0, first: undefined, last: undefined };
}

/** Puts it at the end of the line in which it is not. */
export function joinIdle<Item extends Idler<Item>>(line: IdleLine<Item>, item: Item): void {
  const place = { item, previous: line.last, next: undefined };
  item.idlePlace = place;
  if (line.last === undefined) line.first = place;
  else line.last.next = place;
  line.last = place;
  line.size += 1;
}

/** Does nothing when it is not there. */
export function leaveIdle<Item extends Idler<Item>>(line: IdleLine<Item>, item: Item): void {
  const place = item.idlePlace;
  if (place === undefined) return;
  item.idlePlace = undefined;
  if (place.previous === undefined) line.first = place.next;
  else place.previous.next = place.next;
  if (place.next === undefined) line.last = place.previous;
  else place.next.previous = place.previous;
  line.size -= 1;
}

/** The longest idle first; the one at hand may leave meanwhile. */
export function* idleItems<Item>({ first }: IdleLine<Item>): Generator<Item> {
  for (let place = first; place !== undefined; ) {
    const { item, next } = place;
    yield item;
    place = next;
  }
}
