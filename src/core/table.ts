/**
 * A hash table of items that carry their own links. The built-in `Map` rebuilds itself now and then, which
 * at a million names stops the world for a quarter of a second; it gets slow when one name comes and goes
 * in a large one, and it leaves garbage that keeps other garbage alive. Here inserting and dropping make no
 * garbage and touch one bucket; the table grows and shrinks by one bucket at a time (linear hashing;
 * Litwin, 1980).
 *
 * Strangers choose the names, and could choose many that hash alike: an item whose bucket is crowded
 * goes into a `Map`, whose hash they cannot guess.
 */
export interface Table<Item extends Listed<Item>> {
  readonly buckets: (Item | undefined)[];
  size: number;
  crowd: Map<string, Item> | undefined;
}

/** An item that a table can hold; in one table at a time. */
export interface Listed<Item> {
  readonly name: string;
  /** The table keeps it; 0 before. */
  hash: number;
  /** The next in the same bucket, which the table keeps. */
  following: Item | undefined;
}

/** Items of one bucket; chance alone never brings so many together. */
const bucketMax = 16;

export function createTable<Item extends Listed<Item>>(): Table<Item> {
  return { buckets: [undefined], size: 0, crowd: undefined };
}

export function lookUp<Item extends Listed<Item>>(
  { buckets, crowd }: Table<Item>,
  name: string,
): Item | undefined {
  const hash = hashOf(name);
  let item = buckets[placeOf(hash, buckets.length)];
  // Comparing hashes first saves a read of memory far away: the other item's name.
  while (item !== undefined && (item.hash !== hash || item.name !== name)) item = item.following;
  return item ?? crowd?.get(name);
}

/** Adds an item whose name is not in the table yet. */
export function insert<Item extends Listed<Item>>(table: Table<Item>, item: Item): void {
  const { buckets } = table;
  item.hash = hashOf(item.name);
  const place = placeOf(item.hash, buckets.length);
  if (isCrowded(buckets[place])) {
    table.crowd ??= new Map();
    table.crowd.set(item.name, item);
  } else {
    item.following = buckets[place];
    buckets[place] = item;
  }
  table.size += 1;
  if (table.size > buckets.length) split(buckets);
}

/**
 * Makes room for items that are about to be inserted: they find their buckets made, and need not touch the
 * items that are there.
 */
export function reserve<Item extends Listed<Item>>({ buckets }: Table<Item>, count: number): void {
  while (buckets.length < count) split(buckets);
}

/** Drops an item that is in the table. */
export function drop<Item extends Listed<Item>>(table: Table<Item>, item: Item): void {
  const { buckets } = table;
  if (table.crowd?.get(item.name) === item) {
    table.crowd.delete(item.name);
    if (table.crowd.size === 0) table.crowd = undefined;
  } else {
    unlink(buckets, item);
  }
  table.size -= 1;
  while (buckets.length > 1 && table.size < buckets.length / 4) merge(buckets);
}

/** In an arbitrary order. */
export function* itemsOf<Item extends Listed<Item>>({
  buckets,
  crowd,
}: Table<Item>): Iterable<Item> {
  for (const first of buckets) {
    for (let item = first; item !== undefined; item = item.following) yield item;
  }
  if (crowd !== undefined) yield* crowd.values();
}

/** FNV-1a over code units. */
export function hashOf(name: string): number {
  let value = 0x811c9dc5;
  for (let place = 0; place < name.length; place += 1) {
    value = Math.imul(value ^ name.charCodeAt(place), 0x01000193);
  }
  return value ^ (value >>> 15);
}

function isCrowded<Item extends Listed<Item>>(first: Item | undefined): boolean {
  let count = 0;
  for (let item = first; item !== undefined; item = item.following) count += 1;
  return count >= bucketMax;
}

function unlink<Item extends Listed<Item>>(buckets: (Item | undefined)[], item: Item): void {
  const place = placeOf(item.hash, buckets.length);
  let before = buckets[place];
  if (before === item) buckets[place] = item.following;
  else {
    while (before !== undefined && before.following !== item) before = before.following;
    if (before !== undefined) before.following = item.following;
  }
  item.following = undefined;
}

/** Of `count` buckets, those before `count - 2^k` have been split in two, 2^k apart. */
function placeOf(hash: number, count: number): number {
  if (count === 1) return 0;
  const wide = 2 ** (32 - Math.clz32(count - 1));
  const place = hash & (wide - 1);
  return place < count ? place : place & (wide / 2 - 1);
}

function split<Item extends Listed<Item>>(buckets: (Item | undefined)[]): void {
  const from = splitPlace(buckets.length + 1);
  const first = buckets[from];
  buckets[from] = undefined;
  buckets.push(undefined);
  moveAll(buckets, first);
}

function merge<Item extends Listed<Item>>(buckets: (Item | undefined)[]): void {
  moveAll(buckets, buckets.pop());
}

/** Moves the items of one bucket to the buckets where they belong now. */
function moveAll<Item extends Listed<Item>>(
  buckets: (Item | undefined)[],
  first: Item | undefined,
): void {
  let item = first;
  while (item !== undefined) {
    const next: Item | undefined = item.following;
    const place = placeOf(item.hash, buckets.length);
    item.following = buckets[place];
    buckets[place] = item;
    item = next;
  }
}

/** The bucket from which the last of `count` was split. */
function splitPlace(count: number): number {
  return (count - 1) & (2 ** (31 - Math.clz32(count - 1)) - 1);
}
