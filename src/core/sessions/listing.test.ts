import assert from "node:assert/strict";
import { test } from "node:test";
import { stateAfter } from "../../../testing/story/state-after.ts";
import type { State } from "../apply.ts";
import type { RequestId, SessionId } from "../ids.ts";
import { listSessions, type SessionListing } from "./listing.ts";

function listedOf(state: State, limit: number): SessionListing {
  const looking = listSessions(state, limit);
  let step = looking.next();
  while (!step.done) step = looking.next();
  return step.value;
}

test("a listing of sessions shows what each of them has, and how long it may still be away", () => {
  const state = stateAfter(`
    alice open grace=30s
    alice acquire a
    bob acquire b
    bob acquire a
    carol open idle=10s
    alice detach`);
  const common = { node: "n1", api: "story", origin: {} };
  assert.deepEqual(listedOf(state, 3), {
    isCut: false,
    sessions: [
      {
        session: "alice",
        ...common,
        life: "connection",
        isAttached: false,
        until: 36_000,
        openedIndex: 1,
        locksHeld: 1,
        locksWaiting: 0,
      },
      {
        session: "bob",
        ...common,
        life: "connection",
        isAttached: true,
        openedIndex: 3,
        locksHeld: 1,
        locksWaiting: 1,
      },
      {
        session: "carol",
        ...common,
        life: "idle",
        isAttached: true,
        until: 15_000,
        openedIndex: 6,
        locksHeld: 0,
        locksWaiting: 0,
      },
    ],
  });
  assert.equal(listedOf(state, 2).isCut, true);
});

test("a listing takes a step for every 50,000 sessions and locks, and sees what happens in between", () => {
  const names = Array.from({ length: 30 }, (_, place) => `s${place}`);
  const lines = names.flatMap((name) => [`${name} open grace=30s`, `${name} acquire a`]);
  const state = stateAfter(`\n${lines.join("\n")}`);
  // As if each had 20,000 locks.
  for (const session of state.sessions.open.values()) {
    const [lock] = session.locks.several?.values() ?? [session.locks.only];
    assert.ok(lock !== undefined);
    const many = Array.from({ length: 20_000 }, (_, id) => [`r${id}` as RequestId, lock] as const);
    session.locks.several = new Map(many);
  }
  const looking = listSessions(state, 100);
  let steps = 1;
  let step = looking.next();
  state.sessions.open.delete("s29" as SessionId);
  for (; !step.done; step = looking.next()) steps += 1;
  assert.equal(steps, 10);
  assert.equal(step.value.sessions.length, 29);
});
