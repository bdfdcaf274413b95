/** What no row of frames and answers can show: commands, refusals, limits and operators. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FencingToken, SessionId } from "../../../src/core/ids.ts";
import type { Limits } from "../../../src/core/limits.ts";
import { type RejectionCode, rejected } from "../../../src/core/rejection.ts";
import { rpcErrorOf } from "../../../src/protocols/softvisio/errors.ts";
import { abort, failed, ok, publish, subscribe } from "./case.ts";
import { granted, heardBy, holder, isLocked, keyOf, lock, tryLock, unlock } from "./stage.ts";
import { createWorld, type World } from "./world.ts";

describe("rubbish", () => {
  const rubbish = [new Uint8Array([1]), "nope", "{}", '{"id":{},"method":"/ping"}'];

  it("2.1: 128 frames in a row close the connection with a reason", () => {
    const peer = createWorld().connect();
    for (let count = 0; count < 127; count += 1) peer.send(rubbish[count % 3] as string);
    assert.deepEqual(peer.heard(), []);
    peer.send(rubbish[3] as string);
    assert.deepEqual(peer.heard().at(-1), {
      type: "close",
      code: 1008,
      reason: "only rubbish: 128 messages in a row were no requests",
    });
  });

  it("2.1: pings, pongs, responses and what is never answered are none", () => {
    const peer = createWorld().connect();
    const frames = [
      '{"method":"/pong"}',
      '{"method":"/ping"}',
      '{"id":1,"result":{}}',
      subscribe(),
    ];
    for (let count = 0; count < 400; count += 1) peer.send(frames[count % 4] as string);
    assert.deepEqual(peer.heard(), []);
  });
});

describe("commands", () => {
  it("2.2: a connection that only listens and looks asks nothing of the log", () => {
    const world = createWorld();
    const peer = world.connect();
    for (const frame of [subscribe("/cluster/c/e"), publish("c", "e"), isLocked(1)])
      peer.send(frame);
    peer.leave();
    assert.deepEqual(world.asked, []);
  });

  it("4.7: the first lock opens the session, which ends with its connection", () => {
    const world = createWorld();
    const peer = world.connect();
    peer.send(lock(7));
    const life = { type: "connection", graceMs: 0, restartGraceMs: 5_000 };
    const session = "session 1";
    const [open, acquire, ...others] = world.asked;
    assert.deepEqual(open, {
      type: "open_session",
      node: "node",
      session,
      request: "2",
      api: "softvisio",
      life,
      origin: { address: "192.0.2.1" },
    });
    assert.deepEqual(acquire, {
      type: "acquire",
      session,
      request: "1",
      namespace: "default",
      claims: [{ mode: "exclusive", path: ["m"] }],
      key: keyOf(1),
    });
    assert.deepEqual(others, []);
    world.commit();
    peer.send(tryLock(8));
    peer.leave();
    assert.deepEqual(
      world.asked.map(({ type }) => type),
      ["acquire", "detach_session"],
    );
  });

  it("4.5: a void lock asks nothing of the log", () => {
    const world = createWorld();
    const peer = world.connect();
    for (const id of [undefined, null, 0, "", false]) peer.send(lock(id));
    assert.deepEqual(world.asked, []);
  });
});

describe("a refusal by the log", () => {
  const down = (id: unknown) => failed(id, -32814, "disk full");

  it("6: is the answer of the calls that it concerns, and the connection goes on", () => {
    const world = createWorld();
    const peer = world.connect();
    for (const frame of [lock(1), tryLock(2), lock(3, "n")]) peer.send(frame);
    world.refuse("disk full");
    assert.deepEqual(heardBy(peer), [down(1), down(2), down(3)]);
    peer.send(lock(4));
    world.commit();
    assert.deepEqual(heardBy(peer), [granted(4, 4, 1)]);
  });

  it("4.2: does not keep a holder from unlocking", () => {
    const world = createWorld();
    const peer = holder(world);
    peer.send(unlock(2, keyOf(1)));
    peer.send(tryLock(3));
    world.refuse("disk full");
    world.commit();
    assert.deepEqual(heardBy(peer), [down(3), ok(2, true)]);
  });

  it("4.3: does not make is-locked overlook the unlock before it", () => {
    const world = createWorld();
    const peer = holder(world);
    for (const frame of [unlock(2, keyOf(1)), tryLock(3), isLocked(4)]) peer.send(frame);
    world.refuse("disk full");
    peer.send(isLocked(5));
    world.commit();
    assert.deepEqual(heardBy(peer), [down(3), ok(2, true), ok(4, false), ok(5, false)]);
  });

  it("4.6: of an aborted call is told to nobody", () => {
    const world = createWorld();
    const peer = world.connect();
    peer.send(lock(1));
    peer.send(abort(1));
    world.refuse("disk full");
    world.commit();
    assert.deepEqual(heardBy(peer), []);
    assert.equal(world.state.sessions.open.size, 0);
  });

  it("4.4: leaves nothing behind when the connection ends", () => {
    const world = createWorld();
    const peer = world.connect();
    peer.send(lock(1));
    world.refuse("disk full");
    peer.leave();
    world.commit();
    assert.equal(world.state.sessions.open.size, 0);
  });
});

describe("a rejection by the core", () => {
  const faultNames: Readonly<Record<RejectionCode, string>> = {
    invalid_argument: "internal_error",
    not_found: "internal_error",
    already_exists: "internal_error",
    permission_denied: "access_denied",
    lock_held: "internal_error",
    not_holder: "internal_error",
    size_mismatch: "internal_error",
    wait_timeout: "internal_error",
    attempts_spent: "internal_error",
    limit_exceeded: "too_many_requests",
    session_ended: "too_many_requests",
    cancelled: "internal_error",
  };
  for (const [code, name] of Object.entries(faultNames)) {
    it(`6: with ${code} is ${name}, where it is no answer in itself`, () => {
      const rejection = rejected(code as RejectionCode, "why");
      assert.deepEqual(rpcErrorOf(rejection), { name, errors: ["why"] });
    });
  }

  it("6: of a session too many is the answer of what came behind it", () => {
    const world = createWorld();
    limit(world, { sessionsMax: 0 });
    const peer = world.connect();
    peer.send(lock(1));
    peer.send(tryLock(2));
    world.commit();
    const reasons = heardBy(peer).map((heard) => String(heard));
    assert.deepEqual(reasons.map(codeOf), [-32802, -32802]);
    limit(world, { sessionsMax: 1 });
    peer.send(tryLock(3));
    world.commit();
    assert.equal(heardBy(peer).length, 1);
    assert.equal(world.state.locks.grantedCount, 1);
  });

  it("6: of a lock too many in one session is told to it alone", () => {
    const world = createWorld();
    limit(world, { locksPerSessionMax: 1 });
    const peer = world.connect();
    for (const frame of [lock(1), lock(2, "n"), isLocked(3)]) peer.send(frame);
    world.commit();
    const heard = heardBy(peer).map((each) => String(each));
    assert.deepEqual(heard.map(codeOf), [undefined, -32802, undefined]);
  });
});

describe("limits", () => {
  it("6: of the calls that wait are told at once, and a call that leaves makes room", () => {
    const world = createWorld({ waitersMax: 2 });
    const other = holder(world);
    const peer = world.connect();
    for (const id of [1, 2, 3]) peer.send(lock(id));
    const refusal = failed(3, -32802, "a connection has at most 2 calls that wait");
    assert.deepEqual(heardBy(peer), [refusal]);
    world.commit();
    peer.send(tryLock(4));
    peer.send(abort(1));
    peer.send(lock(5));
    world.commit();
    assert.deepEqual(heardBy(peer), [ok(4, false)]);
    other.leave();
    world.commit();
    assert.deepEqual(heardBy(peer).length, 1, "the second call is next");
    for (const id of [6, 7]) peer.send(lock(id));
    world.commit();
    assert.deepEqual(heardBy(peer).map(String).map(codeOf), [-32802]);
  });

  it("1: reading pauses while the log owes too many answers, also to calls that look", () => {
    const world = createWorld({ pendingMax: 4 });
    const peer = world.connect();
    peer.send(tryLock(1));
    for (const id of [2, 3, 4, 5, 6]) peer.send(isLocked(id));
    assert.equal(peer.isPaused, true);
    world.commit();
    assert.equal(peer.isPaused, false);
    assert.equal(heardBy(peer).length, 6);
  });

  it("5.1: events to a peer that is closing are dropped and counted", () => {
    const world = createWorld();
    const [one, other, publisher] = [world.connect(), world.connect(), world.connect()];
    for (const peer of [one, other]) peer.send(subscribe("/cluster/c/e"));
    one.choke();
    for (let count = 0; count < 3; count++) publisher.send(publish("c", "e"));
    assert.deepEqual(heardBy(other).length, 3);
    assert.equal(world.droppedTotal(), 3);
    one.leave();
    publisher.send(publish("c", "e"));
    assert.equal(world.droppedTotal(), 3);
    assert.equal(world.subscriptions(), 1);
  });

  it("5.3: too many subscriptions of one address close the connection that asks for one more", () => {
    const world = createWorld({ topicLimits: { subscriptionsPerAddressMax: 2 } });
    const [one, other] = [world.connect(), world.connect()];
    for (const peer of [one, other]) peer.send(subscribe("/cluster/c/1"));
    other.send(subscribe("/cluster/c/2"));
    const close = { close: 1008, reason: "an address has at most 2 subscriptions" };
    assert.deepEqual([heardBy(one), heardBy(other)], [[], [close]]);
    assert.equal(world.subscriptions(), 1);
  });

  it("5.3: too many subscriptions close with 1008, end those there are, and hear no more", () => {
    const topicLimits = { subscriptionsPerSessionMax: 2, topicBytesMax: 1024 };
    const world = createWorld({ topicLimits });
    const [peer, publisher] = [world.connect(), world.connect()];
    peer.send(subscribe("/cluster/c/1", "/cluster/c/2", "/cluster/c/1"));
    assert.equal(world.subscriptions(), 2);
    peer.send(lock(1));
    peer.send(subscribe("/cluster/c/3", "/cluster/c/4"));
    const close = { close: 1008, reason: "a session has at most 2 subscriptions" };
    assert.deepEqual(heardBy(peer), [close]);
    assert.equal(world.subscriptions(), 0);
    publisher.send(publish("c", "1"));
    world.commit();
    assert.deepEqual(heardBy(peer), []);
    assert.equal(world.state.sessions.open.size, 0);
  });
});

describe("an operator", () => {
  it("4.2: who revokes a lock takes it in silence; an unlock then says false", () => {
    const world = createWorld();
    const peer = holder(world);
    const waiter = world.connect();
    waiter.send(lock(1));
    world.commit();
    world.run({ type: "revoke", ...world.asOperator(), token: 1 as FencingToken });
    assert.deepEqual(heardBy(peer), []);
    assert.deepEqual(heardBy(waiter), [granted(1, 2, 2)]);
    peer.send(abort(1));
    peer.send(unlock(2, keyOf(1)));
    world.commit();
    assert.deepEqual(heardBy(peer), [ok(2, false)]);
  });

  it("2.5: who ends a session closes its connection with 1008, whatever it waits for", () => {
    const world = createWorld();
    const peer = holder(world);
    for (const frame of [subscribe("/cluster/c/e"), lock(2), lock(3)]) peer.send(frame);
    world.commit();
    const target = "session 1" as SessionId;
    world.run({ type: "kick_session", ...world.asOperator(), target });
    assert.deepEqual(heardBy(peer), [{ close: 1008, reason: "ended by an operator" }]);
    world.commit();
    assert.equal(world.subscriptions(), 0);
    assert.equal(world.state.locks.grantedCount + world.state.locks.waitingCount, 0);
    assert.equal(world.state.sessions.open.size, 0);
  });
});

it("4.2: a lock id is compared exactly, though it may be written in other ways", () => {
  const world = createWorld();
  const peer = holder(world);
  const [id, others] = [keyOf(1), [keyOf(1).toUpperCase(), `urn:uuid:${keyOf(1)}`]];
  for (const [at, other] of others.entries()) peer.send(unlock(at + 2, other));
  peer.send(unlock(9, id));
  world.commit();
  assert.deepEqual(heardBy(peer), [ok(2, false), ok(3, false), ok(9, true)]);
});

function codeOf(frame: string): number | undefined {
  return JSON.parse(frame).error?.code;
}

function limit(world: World, limits: Partial<Limits>): void {
  world.run({ type: "set_limits", limits: { ...world.state.limits, ...limits } });
}
