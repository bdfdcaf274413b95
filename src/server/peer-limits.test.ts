import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../testing/load-config.ts";
import { peerLimits } from "./peer-limits.ts";

const mebibyte = 2 ** 20;
const { limits } = load({}).config;

test("peers have an eighth of the heap, an address three quarters of that, a connection an eighth", () => {
  assert.deepEqual(peerLimits(limits, 1600 * mebibyte), {
    bytesMax: 200 * mebibyte,
    bytesPerAddressMax: 150 * mebibyte,
    bytesPerConnectionMax: 50 * mebibyte,
  });
});

test("they have no less than 64 MiB, and no more than 512 MiB", () => {
  assert.equal(peerLimits(limits, 100 * mebibyte).bytesMax, 64 * mebibyte);
  assert.equal(peerLimits(limits, 8192 * mebibyte).bytesMax, 512 * mebibyte);
});

test("an operator may say otherwise", () => {
  const given = { ...limits, peerBytesMax: 10 * mebibyte, peerBytesPerAddressMax: 7 * mebibyte };
  const { bytesMax, bytesPerAddressMax } = peerLimits(given, 1600 * mebibyte);
  assert.deepEqual([bytesMax, bytesPerAddressMax], [10 * mebibyte, 7 * mebibyte]);
});
