import assert from "node:assert/strict";
import { test } from "node:test";
import { createCast } from "../../testing/story/cast.ts";
import { readCommands } from "../../testing/story/read.ts";
import { durationMsMax } from "../core/limits.ts";
import { prolonged } from "./prolonged.ts";

for (const [line, longer] of [
  ["alice acquire a lease=1s wait=2s", { leaseMs: 1080, waitMs: 2080 }],
  ["alice acquire a wait=0", { waitMs: 0 }],
  ["alice acquire a", {}],
  ["alice renew a lease=1s", { leaseMs: 1080 }],
  ["alice release a", {}],
  ["tick", {}],
] as const) {
  test(`only the spans of a command that are longer than 0 get longer: ${line}`, () => {
    const command = readCommands(line, createCast()).at(-1);
    assert.ok(command !== undefined);
    assert.deepEqual(prolonged(command, 79.3), { ...command, ...longer });
  });
}

test("no span gets longer than the core takes, and one that it refuses stays as it is", () => {
  const command = readCommands("alice renew a lease=1s", createCast()).at(-1);
  assert.ok(command?.type === "renew");
  const spanAfter = (leaseMs: number) => prolonged({ ...command, leaseMs }, 50);
  for (const [before, after] of [
    [durationMsMax, durationMsMax],
    [durationMsMax + 1, durationMsMax + 1],
    [-1, -1],
    [Number.NaN, Number.NaN],
  ] as const) {
    assert.deepEqual(spanAfter(before), { ...command, leaseMs: after });
  }
});
