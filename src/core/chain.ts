/**
 * A doubly linked list whose items carry their own links: an item joins at the end and leaves from anywhere
 * in O(1), without garbage. An item is in one chain at a time.
 */
export interface Chain<Item> {
  first: Item | undefined;
  last: Item | undefined;
}

export interface Chained<Item> {
  previous: Item | undefined;
  next: Item | undefined;
}

export function createChain<Item>(): Chain<Item> {
  return { first: undefined, last: undefined };
}

/** Appends an item that is in no chain. */
export function append<Item extends Chained<Item>>(chain: Chain<Item>, item: Item): void {
  item.previous = chain.last;
  if (chain.last === undefined) chain.first = item;
  else chain.last.next = item;
  chain.last = item;
}

/** Unlinks an item of the chain; old links would keep its neighbours alive through minor collections. */
export function unlink<Item extends Chained<Item>>(chain: Chain<Item>, item: Item): void {
  const { previous, next } = item;
  if (previous === undefined) chain.first = next;
  else previous.next = next;
  if (next === undefined) chain.last = previous;
  else next.previous = previous;
  item.previous = undefined;
  item.next = undefined;
}

/** From the first on; the item at hand may leave meanwhile. */
export function* itemsIn<Item extends Chained<Item>>({ first }: Chain<Item>): Generator<Item> {
  let item = first;
  while (item !== undefined) {
    const { next }: Chained<Item> = item;
    yield item;
    item = next;
  }
}
