/** The published npm client of the softvisio API, as it is, over WebSocket and over HTTP. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { openRelay } from "../../testing/relay.ts";
import {
  dataOf,
  event,
  failureOf,
  grantOf,
  isLocked,
  lock,
  publish,
  tryLock,
  unlock,
  waiting,
} from "../../testing/softvisio/calls.ts";
import {
  type SoftvisioClient,
  startSoftvisioClients,
} from "../../testing/softvisio/client-process.ts";
import { stageSoftvisio } from "../../testing/softvisio/stage.ts";

const { portOf, clients } = stageSoftvisio();

function connected(from = clients(), port = portOf("main")): Promise<SoftvisioClient> {
  return from.open({ url: `ws://127.0.0.1:${port}/api/` });
}

function overHttp(): Promise<SoftvisioClient> {
  return clients().open({ url: `http://127.0.0.1:${portOf("main")}/api/` });
}

describe("the client as the API's document opens it", () => {
  for (const name of ["main", "softvisio"] as const) {
    it(`is served at the ${name} port`, async () => {
      const host = `127.0.0.1:${portOf(name)}`;
      const client = await clients().open({ url: `ws://${host}/api/`, maxConnections: 0 });
      const other = await clients().open({ url: `http://${host}/api`, maxConnections: 0 });
      const id = await grantOf(lock(client, name));
      assert.equal(await isLocked(other, name), true);
      assert.equal(await unlock(client, name, id), true);
      await client.listen(`/cluster/app/${name}`);
      await publish(other, "app", { name, data: "news" });
      assert.deepEqual(await client.hear(), event(`/cluster/app/${name}`, "news"));
    });
  }
});

describe("a mutex", () => {
  it("is locked for everybody from the lock to the unlock", async () => {
    const [holder, other] = [await connected(), await connected()];
    for (const client of [holder, other]) assert.equal(await isLocked(client, "told"), false);
    const id = await grantOf(lock(holder, "told"));
    for (const client of [holder, other]) assert.equal(await isLocked(client, "told"), true);
    assert.equal(await unlock(holder, "told", id), true);
    for (const client of [holder, other]) assert.equal(await isLocked(client, "told"), false);
  });

  it("is had by one who tries, and by nobody else, not even from the same connection", async () => {
    const [holder, other] = [await connected(), await connected()];
    const id = await grantOf(tryLock(holder, "tried"));
    assert.equal(await dataOf(tryLock(other, "tried")), false);
    assert.equal(await dataOf(tryLock(holder, "tried")), false);
    assert.equal(await unlock(holder, "tried", id), true);
    assert.notEqual(await grantOf(tryLock(other, "tried")), id);
  });

  it("comes with a token that grows from grant to grant", async () => {
    const client = await connected();
    let last = 0;
    for (const ask of [lock, tryLock, lock, tryLock]) {
      const { data, meta } = await ask(client, "counted");
      assert.ok(Number.isInteger(meta.token) && Number(meta.token) > last, `${meta.token}`);
      last = Number(meta.token);
      assert.equal(await unlock(client, "counted", String(data)), true);
    }
  });

  it("is given to those who wait in the order in which they came", async () => {
    const holder = await connected();
    const id = await grantOf(lock(holder, "queued"));
    const order: number[] = [];
    const turns: Promise<void>[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const client = await connected();
      const { ended } = await waiting(client, "queued");
      turns.push(
        grantOf(ended).then(async (own) => {
          order.push(turn);
          assert.equal(await isLocked(client, "queued"), true);
          assert.equal(await unlock(client, "queued", own), true);
        }),
      );
    }
    assert.deepEqual(order, []);
    assert.equal(await unlock(holder, "queued", id), true);
    await Promise.all(turns);
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.equal(await isLocked(holder, "queued"), false);
  });

  it("goes from one to the next on one connection, which hears of the unlock first", async () => {
    const client = await connected();
    const id = await grantOf(lock(client, "own"));
    const { ended: granted } = await waiting(client, "own");
    const unlocked = client.call("/v1/mutexes/unlock", "own", id);
    const heard: string[] = [];
    unlocked.then(() => heard.push("unlocked"));
    granted.then(() => heard.push("granted"));
    assert.equal(await dataOf(unlocked), true);
    assert.equal(await unlock(client, "own", await grantOf(granted)), true);
    assert.deepEqual(heard, ["unlocked", "granted"]);
  });

  it("is unlocked once, by its lock id, from any connection", async () => {
    const [holder, other] = [await connected(), await connected()];
    assert.equal(await unlock(holder, "given back", randomUUID()), false);
    const id = await grantOf(lock(holder, "given back"));
    for (const wrong of [randomUUID(), id.toUpperCase(), `urn:uuid:${id}`]) {
      assert.equal(await unlock(holder, "given back", wrong), false);
    }
    assert.equal(await unlock(other, "another", id), false);
    assert.equal(await isLocked(holder, "given back"), true);
    assert.equal(await unlock(other, "given back", id), true);
    for (const client of [holder, other]) {
      assert.equal(await unlock(client, "given back", id), false);
    }
  });

  it("that another took after a foreign unlock stays when the first holder goes", async () => {
    await using relay = await openRelay(portOf("main"));
    const [first, other] = [await connected(clients(), relay.port), await connected()];
    const id = await grantOf(lock(first, "taken over"));
    assert.equal(await unlock(other, "taken over", id), true);
    const own = await grantOf(lock(other, "taken over"));
    relay.cut("fin");
    await first.hear();
    assert.deepEqual(await first.hear(), { type: "connect" });
    assert.equal(await isLocked(first, "taken over"), true);
    assert.equal(await unlock(other, "taken over", own), true);
  });

  for (const name of ["__proto__", "constructor", "a/b c%2Fd", "schlüssel 🔑", "7"]) {
    it(`may be named ${name}`, async () => {
      const client = await connected();
      const id = await grantOf(lock(client, name));
      assert.equal(await isLocked(client, name), true);
      assert.equal(await isLocked(client, `${name} `), false);
      assert.equal(await unlock(client, name, id), true);
    });
  }
});

describe("a holder that is gone", () => {
  for (const how of ["fin", "reset"] as const) {
    it(`without a goodbye (${how}) leaves its mutexes to those who wait`, async () => {
      await using relay = await openRelay(portOf("main"));
      const [holder, next] = [await connected(clients(), relay.port), await connected()];
      const names = ["first", "second"].map((name) => `${name} left by ${how}`);
      for (const name of names) await grantOf(lock(holder, name));
      const turns = await Promise.all(names.map((name) => waiting(next, name)));
      relay.cut(how);
      for (const { ended } of turns) await grantOf(ended);
      assert.deepEqual(await holder.hear(), { type: "disconnect", status: 1006 });
    });
  }

  it("because its process was killed leaves its mutex, and its place in line", async () => {
    await using doomed = startSoftvisioClients();
    const [holder, next] = [await connected(doomed), await connected()];
    const own = await grantOf(lock(next, "its place"));
    await grantOf(lock(holder, "its mutex"));
    await waiting(holder, "its place");
    const { ended } = await waiting(next, "its mutex");
    doomed.signal("SIGKILL");
    await grantOf(ended);
    assert.equal(await unlock(next, "its place", own), true);
    assert.equal(await isLocked(next, "its place"), false);
  });
});

describe("a wait that is taken back", () => {
  it("ends at once, and the mutex goes to the next in line alone", async () => {
    const [holder, waiter, next] = [await connected(), await connected(), await connected()];
    const id = await grantOf(lock(holder, "taken back"));
    const first = await waiting(waiter, "taken back");
    const second = await waiting(next, "taken back");
    first.abort();
    assert.equal(await failureOf(first.ended), -32817);
    assert.equal(await isLocked(waiter, "taken back"), true);
    assert.equal(await unlock(holder, "taken back", id), true);
    assert.equal(await unlock(next, "taken back", await grantOf(second.ended)), true);
    assert.equal(await isLocked(waiter, "taken back"), false);
  });

  it("while its grant is on the way leaves the mutex free", async () => {
    await using relay = await openRelay(portOf("main"));
    const [holder, waiter] = [await connected(), await connected(clients(), relay.port)];
    const id = await grantOf(lock(holder, "on its way"));
    const late = await waiting(waiter, "on its way");
    relay.hold();
    assert.equal(await unlock(holder, "on its way", id), true);
    const { ended } = await waiting(holder, "on its way");
    late.abort();
    assert.equal(await failureOf(late.ended), -32817);
    assert.equal(await unlock(holder, "on its way", await grantOf(ended)), true);
    relay.letThrough();
    assert.equal(await isLocked(waiter, "on its way"), false);
  });

  it("at the moment of its grant leaves the mutex either to it or free", async () => {
    const [holder, waiter] = [await connected(), await connected()];
    for (let count = 0; count < 100; count++) {
      const id = await grantOf(lock(holder, "crossing"));
      const crossing = await waiting(waiter, "crossing");
      const unlocked = unlock(holder, "crossing", id);
      crossing.abort();
      const { ok, data } = await crossing.ended;
      assert.equal(await unlocked, true);
      if (ok) assert.equal(await unlock(waiter, "crossing", String(data)), true);
      assert.equal(await isLocked(waiter, "crossing"), false);
    }
  });
});

describe("over HTTP", () => {
  it("is-locked tells what it tells over WebSocket", async () => {
    const [holder, asker] = [await connected(), await overHttp()];
    assert.equal(await isLocked(asker, "asked for"), false);
    const id = await grantOf(lock(holder, "asked for"));
    assert.equal(await isLocked(asker, "asked for"), true);
    assert.equal(await unlock(holder, "asked for", id), true);
    assert.equal(await isLocked(asker, "asked for"), false);
  });

  it("publish reaches those who listen, also when nobody waits for its answer", async () => {
    const [listener, publisher] = [await connected(), await overHttp()];
    await listener.listen("/cluster/http/news");
    assert.equal(await publish(publisher, "http", { name: "news", data: "1" }), undefined);
    await publisher.callVoid("/v1/events/publish", "http", { name: "news", data: "2" });
    for (const data of ["1", "2"]) {
      assert.deepEqual(await listener.hear(), event("/cluster/http/news", data));
    }
  });

  it("what needs a connection is refused, whatever its arguments", async () => {
    const client = await overHttp();
    for (const [verb, ...args] of [
      ["lock", "refused"],
      ["try-lock", "refused"],
      ["unlock", "refused", randomUUID()],
      ["lock"],
      ["try-lock", 1],
      ["unlock", "refused"],
    ]) {
      assert.equal(await failureOf(client.call(`/v1/mutexes/${verb}`, ...args)), -32810);
    }
    assert.equal(await isLocked(client, "refused"), false);
  });
});

const mistakes: ReadonlyArray<readonly [what: string, method: string, args: readonly unknown[]]> = [
  ["no argument", "/v1/mutexes/is-locked", []],
  ["an argument too many", "/v1/mutexes/is-locked", ["a", "b"]],
  ["a mutex that is a number", "/v1/mutexes/is-locked", [1]],
  ["a mutex that is null", "/v1/mutexes/is-locked", [null]],
  ["an event that is no object", "/v1/events/publish", ["cluster", "name"]],
  ["an event without a name", "/v1/events/publish", ["cluster", { data: "" }]],
  ["an event with a member too many", "/v1/events/publish", ["cluster", { name: "a", b: 1 }]],
  ["an event whose data is no text", "/v1/events/publish", ["cluster", { name: "a", data: {} }]],
  ["users that are a number", "/v1/events/publish", ["cluster", { name: "a/", users: 1 }]],
];

const mistakesOfLocks: typeof mistakes = [
  ["a lock of nothing", "/v1/mutexes/lock", []],
  ["a try of an object", "/v1/mutexes/try-lock", [{}]],
  ["an unlock without a lock id", "/v1/mutexes/unlock", ["a"]],
  ["an unlock with what is no UUID", "/v1/mutexes/unlock", ["a", "b"]],
];

describe("a mistake", () => {
  for (const { where, open, all } of [
    { where: "over WebSocket", open: connected, all: [...mistakes, ...mistakesOfLocks] },
    { where: "over HTTP", open: overHttp, all: mistakes },
  ]) {
    it(`in the arguments is told to its caller ${where}`, async () => {
      const client = await open();
      for (const [what, method, args] of all) {
        const call = client.call(method, ...args);
        assert.equal(await failureOf(call), -32808, what);
        const { errors } = (await call).meta;
        assert.ok(Array.isArray(errors) && errors.length > 0, what);
        for (const error of errors) assert.equal(typeof error, "string", what);
      }
      assert.equal(await isLocked(client, "a"), false);
    });

    it(`in the method's name is told to its caller ${where}`, async () => {
      const client = await open();
      for (const method of ["/v1/mutexes/steal", "/v2/mutexes/is-locked", "/v1/events/lock"]) {
        assert.equal(await failureOf(client.call(method, "a")), -32809, method);
      }
      assert.equal(await dataOf(client.call("mutexes/is-locked", "a")), false);
    });
  }
});

it("a call that is too large ends with its connection, and the client comes back", async () => {
  const client = await connected();
  const data = "x".repeat(2 ** 20);
  assert.equal(
    await failureOf(client.call("/v1/events/publish", "app", { name: "n", data })),
    1009,
  );
  assert.deepEqual(await client.hear(), { type: "disconnect", status: 1009 });
  assert.deepEqual(await client.hear(), { type: "connect" });
  assert.equal(await isLocked(client, "a"), false);
});
