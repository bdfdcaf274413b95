import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiskFile } from "../log/file/mod.ts";
import { nodeDisk } from "../log/file/mod.ts";
import { timedDisk } from "./disk-stalls.ts";
import { createTimekeeper } from "./timekeeper.ts";

/** A file whose sync lasts as long as `stall` takes, and a clock that the test moves. */
function stage(stall: (pass: (ms: number) => void) => void) {
  let monotonic = 0;
  const timekeeper = createTimekeeper(
    () => 1_000_000,
    () => monotonic,
  );
  timekeeper.now();
  const pass = (ms: number) => {
    monotonic += ms;
  };
  const file = { sync: async () => stall(pass) } as DiskFile;
  const disk = timedDisk(timekeeper, { ...nodeDisk, open: () => file });
  return { timekeeper, file: disk.open("any", "write") };
}

test("a quick sync takes its time", async () => {
  const { timekeeper, file } = stage((pass) => pass(900));
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_900);
});

test("a sync of half a minute, while the process runs, takes no time", async () => {
  const { timekeeper, file } = stage((pass) => {
    for (let second = 0; second < 30; second += 1) {
      pass(500);
      timekeeper.now();
      pass(500);
      timekeeper.now();
    }
  });
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_000);
});

test("a process that was stopped in the midst of a sync is given its time back once", async () => {
  const { timekeeper, file } = stage((pass) => pass(60_000));
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_000);
  assert.equal(timekeeper.givenBackMs, 60_000);
});
