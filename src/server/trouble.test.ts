import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pino } from "pino";
import type { TimeMs } from "../core/ids.ts";
import { nodeDisk } from "../log/file/mod.ts";
import { createTimekeeper, type Timekeeper } from "./timekeeper.ts";
import { type TroubleWatch, watchTrouble } from "./trouble.ts";
import type { WatchedDisk } from "./watched-disk.ts";

let monotonic: number;
let wallJumpMs: number;
let timekeeper: Timekeeper;
let disk: { -readonly [Key in keyof WatchedDisk]: WatchedDisk[Key] };
let isFull: boolean;
type Line = readonly [msg: string, facts: Readonly<Record<string, unknown>>];
let told: Line[];
let trouble: TroubleWatch;

beforeEach(() => {
  monotonic = 0;
  wallJumpMs = 0;
  timekeeper = createTimekeeper({
    wallNowMs: () => 1_000_000 + monotonic + wallJumpMs,
    nowMs: () => monotonic,
    cpuMs: () => 0,
  });
  disk = { disk: nodeDisk, stalledMs: () => 0, lastRefusal: "" };
  isFull = false;
  told = [];
  const write = (line: string) => {
    const { level, time, msg, ...facts } = JSON.parse(line);
    told.push([msg, facts]);
  };
  const logger = pino({ base: null }, { write });
  trouble = watchTrouble({
    timekeeper,
    disk,
    nowMs: () => monotonic,
    logger,
    log: () => ({ isFull }),
  });
  trouble.look();
});

/** Lets the process run, which checks for trouble meanwhile. */
function run(ms: number): void {
  for (let passed = 0; passed < ms; passed += 250) {
    monotonic += 250;
    trouble.look();
  }
}

test("while all is well nothing is said", () => {
  run(60_000);
  assert.equal(trouble.current(), undefined);
  assert.deepEqual(told, []);
});

test("a stalled disk is known at once, and told of once", () => {
  disk.stalledMs = () => 1500;
  assert.deepEqual(trouble.current(), { type: "disk stalled", forMs: 1500 });
  run(60_000);
  assert.deepEqual(told, [["the disk stalls", { forMs: 1500 }]]);
  disk.stalledMs = () => 0;
  run(1000);
  assert.equal(trouble.current(), undefined);
  disk.stalledMs = () => 1100;
  run(1000);
  assert.equal(told.length, 2);
});

test("a full disk is told of once, with what it says, and once when it has room again", () => {
  const message = "EROFS: read-only file system, write";
  isFull = true;
  disk.lastRefusal = message;
  assert.deepEqual(trouble.current(), { type: "disk full", message });
  run(60_000);
  isFull = false;
  run(1000);
  assert.equal(trouble.current(), undefined);
  assert.deepEqual(told, [
    ["the disk takes no more", { message }],
    ["the disk has room again", { ms: 60_000 }],
  ]);
});

test("a stop of the process is told of once, with its length", () => {
  monotonic += 60_000;
  run(1000);
  assert.deepEqual(told, [
    ["the process stood still; for leases that was no time", { ms: 60_250 }],
  ]);
});

test("what was given back for the disk is not told of as a stop", () => {
  run(30_000);
  timekeeper.giveBack(29_000);
  run(1000);
  assert.deepEqual(told, []);
});

test("a wall clock that jumps is told of once, and once when it is right again", () => {
  wallJumpMs = 59_999;
  run(1000);
  assert.deepEqual(told, []);
  wallJumpMs = -3_600_000;
  run(60_000);
  wallJumpMs = 0;
  run(1000);
  wallJumpMs = 86_400_000;
  run(1000);
  const words = told.map(([msg, facts]: Line) => [msg.split(":")[0], facts]);
  assert.deepEqual(words, [
    ["the wall clock is behind the time of the log", { aheadSeconds: 3_600 }],
    ["the wall clock agrees with the time of the log again", { aheadSeconds: 0 }],
    ["the wall clock is ahead of the time of the log", { aheadSeconds: -86_400 }],
  ]);
});

test("a log from a start whose wall clock was ahead is told of", () => {
  timekeeper.begin((1_000_000 + 400 * 86_400_000) as TimeMs);
  run(1000);
  assert.deepEqual(told[0]?.[1], { aheadSeconds: 400 * 86_400 });
});
