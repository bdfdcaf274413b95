/** Who may come in, and for how long: tokens that are revoked, and a server that stops. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, failed, methods, ok, publish, pushed, subscribe } from "./case.ts";
import { granted, heardBy, holder, isLocked, keyOf, lock, tryLock, unlock } from "./stage.ts";
import { createWorld } from "./world.ts";

describe("a token", () => {
  it("7: is needed for everything but a ping, and its lack ignores what has no answer", () => {
    const world = createWorld({ isGuarded: true });
    for (const [token, code] of [
      [undefined, -32811],
      ["nope", -32815],
    ] as const) {
      const peer = world.connect(token);
      peer.send(subscribe("/cluster/c/e"));
      peer.send(publish("c", "e"));
      const calls = [
        lock(1),
        isLocked(2),
        call(3, "/nope"),
        call(4, "/schema"),
        call(5, "/healthcheck"),
      ];
      for (const frame of calls) peer.send(frame);
      peer.send(call(6, "/ping"));
      const refusals = [1, 2, 3, 4, 5].map((id) => failed(id, code));
      assert.deepEqual(heardBy(peer), [...refusals, '{"jsonrpc":"2.0","id":6,"method":"/pong"}']);
      assert.equal(world.subscriptions(), 0);
    }
    assert.deepEqual(world.asked, []);
  });

  it("7: opens, as long as it is not revoked; then its connections are told and closed", () => {
    const world = createWorld({ isGuarded: true });
    const [token, another] = [world.createToken(), world.createToken()];
    const peer = world.connect(token.text);
    const other = world.connect(another.text);
    for (const each of [peer, other]) each.send(subscribe("/cluster/c/e"));
    peer.send(lock(1));
    other.send(lock(1));
    world.commit();
    assert.deepEqual(heardBy(peer), [granted(1, 1, 1)]);
    token.revoke();
    const close = { close: 1008, reason: "the token was revoked" };
    assert.deepEqual(heardBy(peer), [pushed("sessionDelete"), close]);
    world.commit();
    assert.deepEqual(heardBy(other), [granted(1, 2, 2)]);
    assert.equal(world.subscriptions(), 1);
    const late = world.connect(token.text);
    late.send(isLocked(1));
    assert.deepEqual(heardBy(late), [failed(1, -32815)]);
  });

  it("7: that is missing in a hundred calls closes the connection, which gives its client a pause", () => {
    const world = createWorld({ isGuarded: true });
    const peer = world.connect();
    for (let id = 1; id <= 101; id++) peer.send(isLocked(id));
    const refusals = Array.from({ length: 100 }, (_, at) => failed(at + 1, -32811));
    const close = { close: 1008, reason: "access denied" };
    assert.deepEqual(heardBy(peer), [...refusals, close]);
  });

  it("7: is needed for a message of more than 16 KiB to be read at all", () => {
    const world = createWorld({ isGuarded: true });
    const large = call(1, methods.publish, "c", { name: "e", data: "x".repeat(16 * 1024) });
    const [stranger, friend] = [world.connect("nope"), world.connect(world.createToken().text)];
    for (const peer of [stranger, friend]) peer.send(large);
    const close = { close: 1009, reason: "too large a message without a token" };
    assert.deepEqual(heardBy(stranger), [close]);
    assert.deepEqual(heardBy(friend), [ok(1)]);
  });

  it("7: that is revoked is no news to who has never shown one", () => {
    const world = createWorld({ isGuarded: true });
    const peer = world.connect();
    world.createToken().revoke();
    assert.deepEqual(heardBy(peer), []);
  });

  it("7: is not looked at where none is needed", () => {
    const world = createWorld();
    const token = world.createToken();
    const peers = [world.connect("nope"), world.connect(token.text)];
    token.revoke();
    for (const peer of peers) {
      peer.send(isLocked(1));
      assert.deepEqual(heardBy(peer), [ok(1, false)]);
    }
  });
});

describe("a stop", () => {
  const goodbye = { close: 1001, reason: "the server is stopping" };
  const stopping = (id: unknown) => failed(id, -32816);

  it("2.5: closes with 1001 at once when no answer is owed", () => {
    const world = createWorld();
    const [idle, keeper] = [world.connect(), holder(world)];
    world.stop();
    assert.deepEqual(heardBy(idle), [goodbye]);
    assert.deepEqual(heardBy(keeper), [goodbye]);
    assert.deepEqual(world.asked, [], "what is held is found at the next start");
  });

  it("2.5: tells those that wait at once, and closes when the log has spoken", () => {
    const world = createWorld();
    holder(world);
    const peer = world.connect();
    for (const id of [1, 2]) peer.send(lock(id));
    world.commit();
    peer.send(tryLock(3));
    world.stop();
    assert.deepEqual(heardBy(peer), [stopping(1), stopping(2)]);
    world.commit();
    assert.deepEqual(heardBy(peer), [ok(3, false), goodbye]);
    assert.equal(world.state.locks.waitingCount, 0);
  });

  it("2.5: refuses the calls after it", () => {
    const world = createWorld();
    const peer = holder(world);
    peer.send(unlock(2, keyOf(1)));
    world.stop();
    const calls = [
      lock(3),
      isLocked(4),
      call(5, "/nope"),
      call(6, methods.publish, "c", { name: "e" }),
    ];
    for (const frame of calls) peer.send(frame);
    peer.send(lock(undefined));
    assert.deepEqual(heardBy(peer), [3, 4, 5, 6].map(stopping));
    world.commit();
    assert.deepEqual(heardBy(peer), [ok(2, true), goodbye]);
  });

  it("2.5: waits for the answers that the log owes, not for grants", () => {
    const world = createWorld();
    const peer = world.connect();
    peer.send(lock(1));
    world.stop();
    assert.deepEqual(heardBy(peer), [stopping(1)]);
    world.commit();
    assert.deepEqual(heardBy(peer), [goodbye]);
    assert.equal(world.state.locks.grantedCount, 0, "nobody was told of the lock");
  });
});
