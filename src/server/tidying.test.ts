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
      collect() {
        calls.push("collect");
        now.bytes = 150 * mebibyte;
      },
      trim() {
        calls.push("trim");
        now.bytes = 70 * mebibyte;
      },
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

test("memory that has grown is given back once the server is calm, in three steps", () => {
  const { now, calls, pass } = stage();
  now.bytes = 400 * mebibyte;
  pass(5000);
  assert.deepEqual(calls, []);
  pass(100);
  assert.deepEqual(calls, ["begin"]);
  pass(100);
  assert.deepEqual(calls, ["begin", "collect"]);
  pass(100);
  assert.deepEqual(calls, ["begin", "collect", "trim"]);
  pass(100);
  assert.deepEqual(calls, ["begin", "collect", "trim"]);
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
  pass(100);
  assert.deepEqual(calls, ["begin", "collect", "trim"]);
});

test("a little garbage is left to V8", () => {
  const { now, calls, pass } = stage();
  now.bytes = 120 * mebibyte;
  pass(100);
  assert.deepEqual(calls, []);
});

test("it grows again from what V8 has made of it", () => {
  const { now, calls, pass } = stage();
  now.bytes = 30 * mebibyte;
  pass(100);
  now.bytes = 100 * mebibyte;
  pass(100);
  assert.deepEqual(calls, ["begin"]);
});

test("nothing is collected where much is needed, because that would take long", () => {
  const { now, calls, pass } = stage();
  now.bytes = 1000 * mebibyte;
  now.neededBytes = 500 * mebibyte;
  pass(100);
  assert.deepEqual(calls, []);
});
