import assert from "node:assert/strict";
import { test } from "node:test";
import { createTidying } from "./tidying.ts";

const mebibyte = 1024 * 1024;

/** A server that has 60 MiB at first. */
function stage() {
  const now = { nowMs: 0, cpuMs: 0, bytes: 60 * mebibyte, neededBytes: 0 };
  const calls: string[] = [];
  const tidying = createTidying({
    heap: {
      bytes: () => now.bytes,
      beginToCollect: () => void calls.push("begin"),
      collect: () => void calls.push("collect"),
      shrink: () => void calls.push("shrink"),
      trim: () => void calls.push("trim"),
    },
    nowMs: () => now.nowMs,
    cpuMs: () => now.cpuMs,
    neededBytes: () => now.neededBytes,
  });
  return {
    now,
    calls,
    /** Ten seconds, in which the server works for so many ms. */
    pass(cpuMs: number) {
      for (let second = 0; second < 10; second += 1) {
        now.nowMs += 1000;
        now.cpuMs += cpuMs / 10;
        tidying.look();
      }
    },
  };
}

test("memory that has grown is given back once the server is calm, step by step", () => {
  const { now, calls, pass } = stage();
  now.bytes = 400 * mebibyte;
  pass(5000);
  assert.deepEqual(calls, []);
  pass(100);
  assert.deepEqual(calls, ["begin"]);
  for (let look = 0; look < 10; look += 1) pass(100);
  assert.deepEqual(calls, ["begin", "collect", "shrink", "trim"]);
});

test("each step waits for a calm moment", () => {
  const { now, calls, pass } = stage();
  now.bytes = 400 * mebibyte;
  pass(100);
  pass(9000);
  assert.deepEqual(calls, ["begin"]);
  pass(100);
  pass(9000);
  assert.deepEqual(calls, ["begin", "collect"]);
});

test("what stays after a round is not looked for again", () => {
  const { now, calls, pass } = stage();
  now.bytes = 400 * mebibyte;
  for (let look = 0; look < 3; look += 1) pass(100);
  now.bytes = 200 * mebibyte;
  pass(100);
  calls.length = 0;
  now.bytes = 210 * mebibyte;
  pass(100);
  assert.deepEqual(calls, []);
});

test("a little garbage is left to V8", () => {
  const { now, calls, pass } = stage();
  now.bytes = 90 * mebibyte;
  pass(100);
  assert.deepEqual(calls, []);
});

test("it grows again from what V8 has made of it", () => {
  const { now, calls, pass } = stage();
  now.bytes = 30 * mebibyte;
  pass(100);
  now.bytes = 65 * mebibyte;
  pass(100);
  assert.deepEqual(calls, ["begin"]);
});

test("what would take long is left out where much is needed", () => {
  const { now, calls, pass } = stage();
  now.bytes = 1000 * mebibyte;
  now.neededBytes = 100 * mebibyte;
  for (let look = 0; look < 4; look += 1) pass(100);
  assert.deepEqual(calls, ["begin", "collect", "trim"]);
  calls.length = 0;
  now.bytes = 2000 * mebibyte;
  now.neededBytes = 500 * mebibyte;
  for (let look = 0; look < 4; look += 1) pass(100);
  assert.deepEqual(calls, ["begin", "trim"]);
});
