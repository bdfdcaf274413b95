import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCast } from "../../testing/story/cast.ts";
import { readCommands } from "../../testing/story/read.ts";
import { apply, createState, type State } from "./apply.ts";
import type { FencingToken, LockKey, LogIndex, Namespace, TimeMs } from "./ids.ts";
import {
  type HolderFilter,
  isTaken,
  type LockFilter,
  type LockListing,
  listHolders,
  listLocks,
  listSessions,
} from "./listing.ts";

/** The state after the lines of a story, a second apart. */
function stateAfter(lines: string): State {
  const state = createState();
  continued(state, lines);
  return state;
}

function continued(state: State, lines: string): void {
  const cast = createCast();
  for (const line of lines.trim().split("\n")) {
    const at = (state.at + 1000) as TimeMs;
    for (const command of readCommands(line.trim(), cast)) {
      apply(state, { index: (state.index + 1) as LogIndex, at, command });
    }
  }
}

function listed(state: State, filter: Partial<LockFilter> = {}): LockListing {
  const looking = listLocks(state, { prefix: "", limit: 100, ...filter });
  let step = looking.next();
  while (!step.done) step = looking.next();
  return step.value;
}

/** `a holder`, `a waiter 2`. */
function summary({ locks }: LockListing): readonly string[] {
  return locks.map((lock) => {
    const name = lock.claims.map(({ path }) => path.join("/")).join("+");
    return lock.type === "holder" ? `${name} holder` : `${name} waiter ${lock.place}`;
  });
}

describe("a listing of locks", () => {
  test("has the waiters of a name behind its holders, in their order", () => {
    const state = stateAfter(`
      alice acquire a
      bob acquire b slot(2)
      carol acquire a
      dave acquire a
      carol acquire b slot(2)
      erin acquire b slot(2)`);
    assert.deepEqual(summary(listed(state)), [
      "a holder",
      "a waiter 1",
      "a waiter 2",
      "b holder",
      "b holder",
      "b waiter 1",
    ]);
  });

  test("tells what is to be known of each", () => {
    const state = stateAfter(`
      alice acquire a lease=60s key=k1
      bob acquire a wait=30s
      carol acquire c/d shared, e key=k2 in=blue outlives
      carol close`);
    assert.deepEqual(listed(state).locks, [
      {
        type: "holder",
        namespace: "default",
        number: 1,
        claims: [{ mode: "exclusive", path: ["a"] }],
        session: "alice",
        api: "story",
        key: "k1",
        since: 1000,
        until: 61_000,
        token: 1,
      },
      {
        type: "waiter",
        namespace: "default",
        number: 2,
        claims: [{ mode: "exclusive", path: ["a"] }],
        session: "bob",
        api: "story",
        since: 2000,
        until: 32_000,
        place: 1,
      },
      {
        type: "holder",
        namespace: "blue",
        number: 1,
        claims: [
          { mode: "shared", path: ["c", "d"] },
          { mode: "exclusive", path: ["e"] },
        ],
        key: "k2",
        since: 3000,
        token: 2,
      },
    ]);
  });

  test("a lock that was waited for is held since its grant", () => {
    const state = stateAfter(`
      alice acquire a
      bob acquire a
      alice release a`);
    assert.deepEqual(
      listed(state).locks.map(({ since }) => since),
      [3000],
    );
  });

  test("is filtered by namespace and by the beginning of a first segment", () => {
    const state = stateAfter(`
      alice acquire orders
      alice acquire orders-2/x
      alice acquire invoices/orders
      alice acquire a, orders-3
      alice acquire orders in=blue
      alice acquire /`);
    const filter = { prefix: "orders", namespace: "default" as Namespace };
    assert.deepEqual(summary(listed(state, filter)), [
      "orders holder",
      "orders-2/x holder",
      "a+orders-3 holder",
    ]);
    assert.equal(listed(state).locks.length, 6);
  });

  test("says that there are more than the limit", () => {
    const state = stateAfter("alice acquire a\nalice acquire b\nbob acquire a");
    assert.deepEqual(summary(listed(state, { limit: 2 })), ["a holder", "b holder"]);
    assert.equal(listed(state, { limit: 2 }).isCut, true);
    assert.equal(listed(state, { limit: 3 }).isCut, false);
  });

  test("goes on behind what has ended between two of its steps, and leaves it out", () => {
    const many = Array.from({ length: 50_000 }, (_, number) => `alice acquire n${number}`);
    const state = stateAfter(`${many.join("\n")}\nbob acquire last`);
    const looking = listLocks(state, { prefix: "", limit: 100_000 });
    assert.equal(looking.next().done, false);
    continued(state, "alice close");
    const step = looking.next();
    assert.ok(step.done === true);
    assert.deepEqual(summary(step.value), ["last holder"]);
  });
});

describe("the holders of a name", () => {
  const state = stateAfter(`
    alice acquire a/b shared
    bob acquire a/b shared key=k1
    carol acquire a/b
    dave acquire d slot(2) key=k2
    dave release d key=k2
    erin acquire e slot(2), e shared`);

  function holders(path: string, wish: Partial<HolderFilter> = {}) {
    const namespace = "default" as Namespace;
    const found = listHolders(state, { namespace, path: path.split("/"), limit: 10, ...wish });
    if (found === undefined) return "unknown";
    const sessions = found.holders.map(({ session }) => session);
    return { sessions, count: found.count, newest: found.newest?.session };
  }

  test("are those of exactly this path, in the order of their grants", () => {
    const both = { sessions: ["alice", "bob"], count: 2, newest: "bob" };
    assert.deepEqual(holders("a/b"), both);
    assert.deepEqual(holders("a/b", { limit: 1 }), { ...both, sessions: ["alice"] });
  });

  test("are one when a key or a token says which", () => {
    const bob = { sessions: ["bob"], count: 1, newest: "bob" };
    assert.deepEqual(holders("a/b", { key: "k1" as LockKey }), bob);
    assert.deepEqual(holders("a/b", { token: 2 as FencingToken }), bob);
  });

  test("are counted once, though they claim it in two modes", () => {
    assert.deepEqual(holders("e"), { sessions: ["erin"], count: 1, newest: "erin" });
  });

  test("are none when the name is known and nobody holds it, or not so", () => {
    const nobody = { sessions: [], count: 0, newest: undefined };
    assert.deepEqual(holders("d"), nobody);
    assert.deepEqual(holders("a/b", { key: "k2" as LockKey }), nobody);
    assert.deepEqual(holders("a/b", { token: 9 as FencingToken }), nobody);
  });

  test("are not there for a name that is unknown, or only on the way to others", () => {
    assert.equal(holders("a"), "unknown");
    assert.equal(holders("x"), "unknown");
    assert.equal(holders("d", { namespace: "blue" as Namespace }), "unknown");
  });
});

test("a listing of sessions tells what each of them has, and how long it may still be away", () => {
  const state = stateAfter(`
    alice open grace=30s
    alice acquire a
    bob acquire b
    bob acquire a
    carol open idle=10s
    alice detach`);
  const common = { node: "n1", api: "story" };
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

describe("a path", () => {
  /** What is there already, and which paths are taken by it. */
  const cases: readonly { readonly there: string; readonly taken: readonly string[] }[] = [
    { there: "alice acquire a/b", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire a/b shared", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire a/b slot(2)", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire /", taken: ["a", "a/b", "c", ""] },
    { there: "alice acquire nothing", taken: [] },
    { there: "alice acquire a\nbob acquire a, x as=w", taken: ["x", "a"] },
    { there: "alice acquire a as=w\nalice release w", taken: [] },
    { there: "alice acquire a slot(2) as=w\nalice release w", taken: [] },
  ];

  for (const { there, taken } of cases) {
    test(`is taken after "${there.replace("\n", "; ")}" when one who asks for it would wait`, () => {
      for (const path of ["", "a", "a/b", "a/b/c", "a/d", "b", "c", "x", "x/y"]) {
        const state = stateAfter(there);
        const segments = path === "" ? [] : path.split("/");
        const wasTaken = isTaken(state, "default" as Namespace, segments);
        const granted = state.grantedCount;
        continued(state, `dave acquire ${path === "" ? "/" : path} wait=0s`);
        assert.equal(wasTaken, state.grantedCount === granted, path);
        if (taken.includes(path)) assert.ok(wasTaken, path);
      }
    });
  }

  test("is free in a namespace that nobody knows", () => {
    assert.equal(isTaken(stateAfter("alice acquire a"), "other" as Namespace, ["a"]), false);
  });
});
