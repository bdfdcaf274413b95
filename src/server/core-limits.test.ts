import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../testing/load-config.ts";
import { coreLimits, heapAdvice } from "./core-limits.ts";
import { oldBytesMaxOf } from "./heap.ts";

const mebibyte = 2 ** 20;

test("the state has a third of the heap, and one address seven eighths of that", () => {
  const { limits } = load({}).config;
  const { stateBytesMax, stateBytesPerAddressMax } = coreLimits(limits, 3000);
  assert.deepEqual(
    { stateBytesMax, stateBytesPerAddressMax },
    {
      stateBytesMax: 1000,
      stateBytesPerAddressMax: 875,
    },
  );
});

test("an operator may give the state more, and is warned above 60 % of the heap", () => {
  const { limits } = load({}).config;
  const given = { ...limits, stateBytesMax: 601 * mebibyte };
  assert.equal(coreLimits(given, 1000 * mebibyte).stateBytesMax, 601 * mebibyte);
  assert.match(heapAdvice(given, 1000 * mebibyte)?.advice ?? "", /--max-old-space-size=1803,/);
  assert.equal(heapAdvice(given, 1002 * mebibyte), undefined);
  assert.equal(heapAdvice(limits, 1), undefined);
});

test("what is new in the heap has no part in that", () => {
  assert.equal(oldBytesMaxOf(4288 * mebibyte), 4096 * mebibyte);
  assert.equal(oldBytesMaxOf(320 * mebibyte), 128 * mebibyte);
  assert.equal(oldBytesMaxOf(192 * mebibyte), 48 * mebibyte);
});
