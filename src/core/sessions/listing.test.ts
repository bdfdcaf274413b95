import assert from "node:assert/strict";
import { test } from "node:test";
import { stateAfter } from "../../../testing/story/state-after.ts";
import { listSessions } from "./listing.ts";

test("a listing of sessions shows what each of them has, and how long it may still be away", () => {
  const state = stateAfter(`
    alice open grace=30s
    alice acquire a
    bob acquire b
    bob acquire a
    carol open idle=10s
    alice detach`);
  const common = { node: "n1", api: "story", origin: {} };
  assert.deepEqual(listSessions(state, 3), {
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
  assert.equal(listSessions(state, 2).isCut, true);
});
