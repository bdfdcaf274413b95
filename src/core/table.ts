/**
 * A map from names that stays quick and even when millions are in it. The built-in `Map` copies
 * itself now and then, which at a million entries stops the world for a quarter of a second, and
 * gets slow when one name comes and goes in a large one. So a large table is cut into small maps by
 * linear hashing (Litwin, 1980): one more shard, made by splitting a single one, for each
 * `shardSize` entries. Every step costs O(1) and touches one small map.
 */
export interface Table<Value> {
  readonly shards: Map<string, Value>[];
  size: number;
}

/** Entries per shard on average; small enough that copying one is not felt. */
const shardSize = 32;

export function createTable<Value>(): Table<Value> {
  return { shards: [new Map()], size: 0 };
}

export function lookUp<Value>(table: Table<Value>, name: string): Value | undefined {
  return shardOf(table, name).get(name);
}

/** Sets a name that is not in the table yet. */
export function insert<Value>(table: Table<Value>, name: string, value: Value): void {
  shardOf(table, name).set(name, value);
  table.size += 1;
  if (table.size > table.shards.length * shardSize) split(table);
}

/** Drops a name that is in the table. */
export function drop<Value>(table: Table<Value>, name: string): void {
  shardOf(table, name).delete(name);
  table.size -= 1;
  if (table.shards.length > 1 && table.size < (table.shards.length * shardSize) / 4) merge(table);
}

/** In no order that means anything. */
export function* valuesOf<Value>(table: Table<Value>): Iterable<Value> {
  for (const shard of table.shards) yield* shard.values();
}

function shardOf<Value>({ shards }: Table<Value>, name: string): Map<string, Value> {
  const place = shards.length === 1 ? 0 : placeOf(hash(name), shards.length);
  return shards[place] as Map<string, Value>;
}

/** Among `count` shards those before `count - 2^k` are split in two halves, 2^k apart. */
function placeOf(hashed: number, count: number): number {
  const wide = 2 ** (32 - Math.clz32(count - 1));
  const place = hashed & (wide - 1);
  return place < count ? place : place & (wide / 2 - 1);
}

function split<Value>(table: Table<Value>): void {
  const { shards } = table;
  const count = shards.length + 1;
  const from = shards[splitPlace(count)] as Map<string, Value>;
  const made = new Map<string, Value>();
  shards.push(made);
  for (const [name, value] of from) {
    if (placeOf(hash(name), count) !== count - 1) continue;
    from.delete(name);
    made.set(name, value);
  }
}

function merge<Value>(table: Table<Value>): void {
  const { shards } = table;
  const into = shards[splitPlace(shards.length)] as Map<string, Value>;
  for (const [name, value] of shards.pop() as Map<string, Value>) into.set(name, value);
}

/** The shard from which the last of `count` was split. */
function splitPlace(count: number): number {
  return (count - 1) & (2 ** (31 - Math.clz32(count - 1)) - 1);
}

/** FNV-1a over code units; where it is spread badly a shard is merely larger. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let place = 0; place < name.length; place += 1) {
    value = Math.imul(value ^ name.charCodeAt(place), 0x01000193);
  }
  return value ^ (value >>> 15);
}
