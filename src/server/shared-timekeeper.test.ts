import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { TimeMs } from "../core/ids.ts";
import { createSharedTimekeeper } from "./shared-timekeeper.ts";
import type { Timekeeper } from "./timekeeper.ts";

let wall: number;
let monotonic: number;
let timekeeper: Timekeeper;

beforeEach(() => {
  wall = 1_700_000_000_000;
  monotonic = 5000;
  timekeeper = createSharedTimekeeper({ wallNowMs: () => wall, nowMs: () => monotonic });
  timekeeper.begin(0 as TimeMs);
});

test("time begins with the wall clock and goes on with the monotonic one", () => {
  monotonic += 10_000;
  wall -= 3_600_000;
  assert.equal(timekeeper.now(), 1_700_000_010_000);
});

test("time begins with the log when the wall clock is behind it", () => {
  timekeeper.begin((wall + 5000) as TimeMs);
  monotonic += 1000;
  assert.equal(timekeeper.now(), 1_700_000_006_000);
});

test("time follows an entry of another node whose clock is ahead, and goes on from there", () => {
  assert.equal(timekeeper.follow((wall + 5000) as TimeMs), true);
  assert.equal(timekeeper.now(), 1_700_000_005_000);
  monotonic += 1000;
  assert.equal(timekeeper.now(), 1_700_000_006_000);
});

test("an entry of a node whose clock is behind moves nothing", () => {
  monotonic += 1000;
  assert.equal(timekeeper.follow((wall + 500) as TimeMs), false);
  assert.equal(timekeeper.follow((wall + 1000) as TimeMs), false);
  assert.equal(timekeeper.now(), 1_700_000_001_000);
});

test("a stop of the process counts, since time went on at other nodes", () => {
  monotonic += 60_000;
  assert.equal(timekeeper.now(), 1_700_000_060_000);
  assert.equal(timekeeper.givenBackMs, 0);
});

test("neither a stall nor a log that takes nothing holds time, which is not this node's alone", () => {
  timekeeper.hold();
  timekeeper.giveBack(500);
  monotonic += 1000;
  timekeeper.goOn();
  assert.equal(timekeeper.now(), 1_700_000_001_000);
});

test("time is whole milliseconds", () => {
  monotonic += 0.7;
  assert.equal(timekeeper.now(), 1_700_000_000_000);
});
