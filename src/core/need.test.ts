import assert from "node:assert/strict";
import { test } from "node:test";
import { createGenerator } from "../../testing/history/generate.ts";
import { createCast } from "../../testing/story/cast.ts";
import { readCommands } from "../../testing/story/read.ts";
import { stateAfter } from "../../testing/story/state-after.ts";
import { apply, createState, nextDeadline, type State } from "./apply.ts";
import type { Entry } from "./command.ts";
import type { TimeMs } from "./ids.ts";
import { type Need, needOf } from "./need.ts";
import { restore, type SnapshotRecord, snapshot } from "./snapshot.ts";

/** What the state says, save for the last entry and for when names and sessions were last used. */
function lasting(state: State): readonly string[] {
  return [...snapshot(state)].map(withoutUse).sort();
}

function withoutUse(record: SnapshotRecord): string {
  switch (record.type) {
    case "state":
      return JSON.stringify({ ...record, index: 0, at: 0 });
    case "namespace":
    case "slot":
      return JSON.stringify({ ...record, usedAt: 0 });
    case "session":
      return JSON.stringify(record.life.type === "idle" ? { ...record, endsAt: 0 } : record);
    default:
      return JSON.stringify(record);
  }
}

function isDueBefore(state: State, at: TimeMs): boolean {
  return (nextDeadline(state) ?? Number.POSITIVE_INFINITY) < at;
}

/** Compares the verdict with what happens; returns whether the command was needless. */
function isRightlyNeedless(state: State, { index, at, command }: Entry): boolean {
  const need = isDueBefore(state, at) ? undefined : needOf(state, command, at);
  const before = need?.type === "needless" ? lasting(state) : [];
  const effects = apply(state, { index, at, command });
  if (need?.type !== "needless") return false;
  assert.deepEqual(lasting(state), before, JSON.stringify(command));
  const outcomes = need.outcome === undefined ? [] : [need.outcome];
  assert.deepEqual(
    effects.map(({ outcome }) => outcome),
    outcomes,
  );
  return true;
}

test("a command that is called needless changes nothing and has the outcome that was foretold", () => {
  let needless = 0;
  const types = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed += 1) {
    const generator = createGenerator(seed);
    let state = createState();
    for (let count = 0; count < 60; count += 1) {
      const step = generator.next(nextDeadline(state));
      if (step.type === "reload") state = restore([...snapshot(state)]);
      if (step.type !== "entry" || !isRightlyNeedless(state, step.entry)) continue;
      needless += 1;
      types.add(step.entry.command.type);
    }
  }
  assert.ok(needless > 3_000, `${needless} were needless`);
  assert.deepEqual([...types].sort(), [
    "cancel_task",
    "close_session",
    "delete_user",
    "detach_session",
    "finish_task",
    "kick_session",
    "reject_task",
    "release",
    "reload_login",
    "renew",
    "revoke",
    "revoke_api_token",
    "tick",
    "touch_session",
  ]);
});

/** The verdict on a command that comes `ms` after an earlier line. */
function needAfter(earlier: string, line: string, ms: number): Need["type"] {
  const state = stateAfter(earlier);
  const cast = createCast();
  // What the earlier line has told the cast.
  readCommands(earlier, cast);
  const command = readCommands(line, cast).at(-1);
  assert.ok(command !== undefined);
  return needOf(state, command, (state.at + ms) as TimeMs).type;
}

for (const { line, ms, need } of [
  { line: "alice renew a lease=8s", ms: 0, need: "needed" },
  { line: "alice renew b lease=1s", ms: 0, need: "needless" },
  { line: "alice release a", ms: 0, need: "needed" },
  { line: "alice release b", ms: 0, need: "needless" },
  { line: "bob release a key=k sessionless", ms: 0, need: "needed" },
  { line: "bob release a key=other sessionless", ms: 0, need: "needless" },
  { line: "alice close", ms: 0, need: "needed" },
  { line: "carol close", ms: 0, need: "needless" },
  { line: "tick", ms: 7_999, need: "needless" },
  { line: "tick", ms: 8_000, need: "needed" },
] as const) {
  test(`beside a lease of 8 s, after ${ms} ms: ${line} is ${need}`, () => {
    assert.equal(needAfter("alice acquire a as=a lease=8s key=k", line, ms), need);
  });
}

test("a sign of life is needed once a quarter of the idle time is over", () => {
  assert.equal(needAfter("alice open idle=8s", "alice touch", 1_999), "needless");
  assert.equal(needAfter("alice open idle=8s", "alice touch", 2_000), "needed");
});
