import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { TimeMs } from "../core/ids.ts";
import { createTimekeeper, lagMsMax, stallMs, type Timekeeper } from "./timekeeper.ts";

let wall: number;
let monotonic: number;
let cpu: number;
let timekeeper: Timekeeper;

beforeEach(() => {
  wall = 1_700_000_000_000;
  monotonic = 5000;
  cpu = 700;
  timekeeper = createTimekeeper({
    wallNowMs: () => wall,
    nowMs: () => monotonic,
    cpuMs: () => cpu,
  });
  timekeeper.now();
});

/** The process runs, and looks at its clock as it does. */
function run(ms: number): void {
  for (let passed = 0; passed < ms; passed += 250) {
    monotonic += Math.min(250, ms - passed);
    timekeeper.now();
  }
}

test("time begins with the wall clock and goes on with the monotonic one", () => {
  assert.equal(timekeeper.now(), 1_700_000_000_000);
  run(10_000);
  assert.equal(timekeeper.now(), 1_700_000_010_000);
});

test("a jump of the wall clock, an hour either way, moves nothing", () => {
  run(1000);
  wall += 3_600_000;
  run(1000);
  wall -= 7_200_000;
  run(1000);
  assert.equal(timekeeper.now(), 1_700_000_003_000);
});

test("time goes on from the end of the log when the wall clock is behind it", () => {
  timekeeper.begin((wall + 3_600_000) as TimeMs);
  assert.equal(timekeeper.now(), 1_700_003_600_000);
  run(1000);
  assert.equal(timekeeper.now(), 1_700_003_601_000);
});

test("the time in which the log was read is no stop", () => {
  monotonic += 30_000;
  wall += 30_000;
  timekeeper.begin(wall as TimeMs);
  assert.equal(timekeeper.now(), 1_700_000_030_000);
  assert.equal(timekeeper.givenBackMs, 0);
});

test("time never goes back, also when the wall clock does while the log is read", () => {
  run(1000);
  wall -= 3_600_000;
  timekeeper.begin(wall as TimeMs);
  assert.equal(timekeeper.now(), 1_700_000_001_000);
});

test("while the process was stopped no time passed", () => {
  run(1000);
  monotonic += 60_000;
  assert.equal(timekeeper.now(), 1_700_000_001_000);
  assert.equal(timekeeper.givenBackMs, 60_000);
  run(500);
  assert.equal(timekeeper.now(), 1_700_000_001_500);
});

/** The process is busy for so long that it does not look at its clock. */
function beBusy(ms: number): void {
  monotonic += ms;
  cpu += ms;
}

test("a process that was busy was not stopped: that time counts", () => {
  run(1000);
  beBusy(60_000);
  assert.equal(timekeeper.now(), 1_700_000_061_000 - lagMsMax);
  run(1000);
  assert.equal(timekeeper.now(), 1_700_000_062_000);
  assert.deepEqual([timekeeper.givenBackMs, timekeeper.stoppedMs], [0, 0]);
});

test("of a time in which the process was stopped and busy only the stop is given back", () => {
  run(1000);
  beBusy(3000);
  monotonic += 10_000;
  beBusy(2000);
  assert.equal(timekeeper.now(), 1_700_000_006_000 - lagMsMax);
  assert.equal(timekeeper.stoppedMs, 10_000);
});

test("a busy process that was stopped for no longer than a second in between gets nothing back", () => {
  for (let turn = 0; turn < 100; turn += 1) {
    beBusy(900);
    monotonic += stallMs;
    timekeeper.now();
  }
  assert.equal(timekeeper.givenBackMs, 0);
});

test("work right before a stop, which no sample of the CPU time separates from it, makes it no shorter", () => {
  run(1000);
  beBusy(40);
  timekeeper.now();
  monotonic += 10_000;
  assert.equal(timekeeper.now(), 1_700_000_001_040);
});

test("a stop is never taken for longer than the clock was unread", () => {
  run(1000);
  monotonic += 40;
  timekeeper.now();
  monotonic += 10_000;
  beBusy(20);
  timekeeper.now();
  assert.ok(timekeeper.stoppedMs >= 10_000 && timekeeper.stoppedMs <= 10_020);
});

test("a thread that seems to have run for longer than the clock went on gets nothing back", () => {
  monotonic += 2000;
  cpu += 2100;
  assert.equal(timekeeper.now(), 1_700_000_002_000 - lagMsMax);
});

test("after a busy time, time lags by as much, and catches up at double speed", () => {
  run(1000);
  beBusy(80);
  assert.equal(timekeeper.now(), 1_700_000_001_000);
  assert.equal(timekeeper.lagMs, 80);
  monotonic += 30;
  assert.equal(timekeeper.now(), 1_700_000_001_060);
  monotonic += 50;
  assert.equal(timekeeper.now(), 1_700_000_001_160);
  assert.equal(timekeeper.lagMs, 0);
});

test("a server that is busy without end lags no further behind, and its time never goes back", () => {
  let last = timekeeper.now();
  for (let turn = 1; turn <= 100; turn += 1) {
    beBusy(turn % 3 === 0 ? 20 : 150);
    const now = timekeeper.now();
    assert.ok(now >= last && monotonic - 5000 - (now - 1_700_000_000_000) <= lagMsMax);
    last = now;
  }
});

test("the CPU time is read twenty times a second at most, however often somebody looks", () => {
  let samples = 0;
  const keeper = createTimekeeper({
    wallNowMs: () => wall,
    nowMs: () => monotonic,
    cpuMs() {
      samples += 1;
      return cpu;
    },
  });
  for (let ms = 0; ms < 1000; ms += 1) {
    monotonic += 1;
    keeper.now();
  }
  assert.ok(samples <= 21, `it was read ${samples} times`);
});

test("a look that is merely late takes nothing from time", () => {
  monotonic += stallMs;
  assert.equal(timekeeper.now(), 1_700_000_000_000 + stallMs);
});

test("what a sick disk took is given back once it is known", () => {
  run(30_000);
  timekeeper.giveBack(29_000);
  assert.equal(timekeeper.now(), 1_700_000_001_000);
});

test("while time is held none passes, however often somebody looks", () => {
  run(1000);
  timekeeper.hold();
  run(30_000);
  timekeeper.hold();
  monotonic += 60_000;
  timekeeper.goOn();
  assert.equal(timekeeper.now(), 1_700_000_001_000);
  assert.equal(timekeeper.givenBackMs, 90_000);
  assert.equal(timekeeper.stoppedMs, 60_000);
  run(500);
  assert.equal(timekeeper.now(), 1_700_000_001_500);
});

test("time is whole milliseconds", () => {
  monotonic += 0.7;
  assert.equal(timekeeper.now(), 1_700_000_000_000);
});

test("the end of a lease is told by the wall clock as it is now, however wrong it was before", () => {
  const dayMs = 86_400_000;
  timekeeper.begin((wall + 400 * dayMs) as TimeMs);
  assert.equal(timekeeper.aheadMs(), 400 * dayMs);
  const end = (timekeeper.now() + 60_000) as TimeMs;
  assert.equal(timekeeper.wallMsOf(end), wall + 60_000);
});

test("what was given back moves the end of a lease and leaves time no less ahead", () => {
  run(30_000);
  wall += 30_000;
  const end = (timekeeper.now() + 60_000) as TimeMs;
  timekeeper.giveBack(29_000);
  assert.equal(timekeeper.aheadMs(), 0);
  assert.equal(timekeeper.wallMsOf(end), wall + 60_000 + 29_000);
});
