import assert from "node:assert/strict";
import { test } from "node:test";
import { createTable, drop, insert, lookUp, valuesOf } from "./table.ts";

test("a table that grows to thousands of names and shrinks again holds what a Map holds", () => {
  const table = createTable<number>();
  const expected = new Map<string, number>();
  for (let step = 0; step < 40_000; step += 1) {
    const isGrowing = step < 20_000;
    const name = `name ${(step * 7919) % 10_007}`;
    if (expected.has(name) && !(isGrowing && step % 3 > 0)) {
      drop(table, name);
      expected.delete(name);
    } else if (!expected.has(name) && isGrowing) {
      insert(table, name, step);
      expected.set(name, step);
    }
    assert.equal(lookUp(table, name), expected.get(name));
    assert.equal(table.size, expected.size);
  }
  for (const [name, value] of expected) assert.equal(lookUp(table, name), value);
  const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
  assert.deepEqual(sorted(valuesOf(table)), sorted(expected.values()));
});

test("a table cuts itself into more shards as it grows, and forgets them as it empties", () => {
  const table = createTable<number>();
  for (let place = 0; place < 10_000; place += 1) insert(table, `${place}`, place);
  assert.ok(table.shards.length > 100);
  assert.ok(Math.max(...table.shards.map((shard) => shard.size)) < 1000);
  for (let place = 0; place < 10_000; place += 1) drop(table, `${place}`);
  assert.equal(table.shards.length, 1);
});

test("names of object properties are names like others", () => {
  const table = createTable<string>();
  for (const name of ["__proto__", "constructor", "hasOwnProperty", ""]) {
    assert.equal(lookUp(table, name), undefined);
    insert(table, name, `value of ${name}`);
    assert.equal(lookUp(table, name), `value of ${name}`);
  }
});
