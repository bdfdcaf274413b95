import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createTable,
  drop,
  hashOf,
  insert,
  itemsOf,
  lookUp,
  reserve,
  type Table,
} from "./table.ts";

interface Item {
  readonly name: string;
  hash: number;
  following: Item | undefined;
}

function item(name: string): Item {
  return { name, hash: 0, following: undefined };
}

/** Puts the name in, or takes it out, and says whether it is there now. */
function toggle(table: Table<Item>, name: string): boolean {
  const there = lookUp(table, name);
  if (there !== undefined) drop(table, there);
  else insert(table, item(name));
  return there === undefined;
}

test("a table that grows to thousands of names and shrinks again holds what a Set holds", () => {
  assertLikeSet(createTable<Item>());
});

test("the same for one with room for as many from the start, and for one with too much", () => {
  for (const count of [5000, 50_000]) {
    const table = createTable<Item>();
    reserve(table, count);
    assertLikeSet(table);
  }
});

function assertLikeSet(table: Table<Item>): void {
  const expected = new Set<string>();
  for (let step = 0; step < 40_000; step += 1) {
    const name = `name ${Math.imul(step, 7919) % 5003}`;
    const isIn = expected.has(name);
    // First more come than go, then all go.
    if (step < 20_000 ? isIn && step % 3 > 0 : !isIn) continue;
    assert.equal(toggle(table, name), !isIn);
    if (isIn) expected.delete(name);
    else expected.add(name);
    assert.equal(table.size, expected.size);
  }
  for (const name of expected) assert.equal(lookUp(table, name)?.name, name);
  const names = [...itemsOf(table)].map(({ name }) => name);
  assert.deepEqual(names.sort(), [...expected].sort());
}

test("a table has about as many buckets as names, and one when it is empty", () => {
  const table = createTable<Item>();
  const items = Array.from({ length: 10_000 }, (_, place) => item(`${place}`));
  for (const one of items) insert(table, one);
  assert.equal(table.buckets.length, 10_000);
  assert.equal(table.crowd, undefined);
  for (const one of items) drop(table, one);
  assert.equal(table.buckets.length, 1);
  assert.equal(table.size, 0);
});

test("names of object properties are names like others", () => {
  const table = createTable<Item>();
  for (const name of ["__proto__", "constructor", "hasOwnProperty", ""]) {
    assert.equal(lookUp(table, name), undefined);
    assert.equal(toggle(table, name), true);
    assert.equal(lookUp(table, name)?.name, name);
  }
});

/** Names whose hashes end alike, which is alike enough in a table of few buckets. */
function alikeNames(count: number): readonly string[] {
  const names: string[] = [];
  for (let place = 0; names.length < count; place += 1) {
    const name = `name ${place}`;
    if ((hashOf(name) & 0xff) === 0) names.push(name);
  }
  return names;
}

test("names that hash alike fill one bucket, and the crowd beside it, and are all found", () => {
  const table = createTable<Item>();
  const names = alikeNames(200);
  for (const name of names) insert(table, item(name));
  assert.ok((table.crowd?.size ?? 0) > 100);
  for (const name of names) assert.equal(lookUp(table, name)?.name, name);
  assert.equal([...itemsOf(table)].length, names.length);
  for (const name of names) assert.equal(toggle(table, name), false);
  assert.equal(table.crowd, undefined);
  assert.equal(table.size, 0);
});
