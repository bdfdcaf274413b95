import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { continued, stateAfter } from "../../../testing/story/state-after.ts";
import type { FencingToken, LockKey, Namespace } from "../ids.ts";
import type { State } from "../state.ts";
import {
  type HolderFilter,
  type LockFilter,
  type LockListing,
  listHolders,
  listLocks,
} from "./listing.ts";

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

  test("ends before claims that are too long all together, but shows at least one", () => {
    const long = (letter: string) => `${letter.repeat(1000)}/`.repeat(60).slice(0, -1);
    const claims = ["a", "b", "c"].map((letter) => `alice acquire ${long(letter)}`);
    const many = Array.from({ length: 200 }, (_, number) =>
      claims.map((line) => `${line}/${number}`).join("\n"),
    );
    const listing = listed(stateAfter(many.join("\n")), { limit: 1000 });
    assert.equal(listing.isCut, true);
    assert.ok(listing.locks.length > 130 && listing.locks.length < 150, `${listing.locks.length}`);
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
