import assert from "node:assert/strict";
import { test } from "node:test";
import { systemWorld } from "./world.ts";

const { cpuMs, clock } = systemWorld;

test("a thread that computes uses CPU time, and one that is kept from running does not", () => {
  const beganMs = cpuMs();
  const until = clock.nowMs() + 60_000;
  while (cpuMs() - beganMs < 20) assert.ok(clock.nowMs() < until, "no CPU time passes");

  const workedMs = cpuMs();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  assert.ok(cpuMs() - workedMs < 25);
});
