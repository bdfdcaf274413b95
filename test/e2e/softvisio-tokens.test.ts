/** The published softvisio client before a server that wants a token, with one, with none and with a wrong one. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import {
  event,
  failureOf,
  grantOf,
  isLocked,
  lock,
  publish,
  unlock,
  waiting,
} from "../../testing/softvisio/calls.ts";
import {
  type SoftvisioClient,
  type SoftvisioProcess,
  startSoftvisioClients,
} from "../../testing/softvisio/client-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
let server: LiveServer;
let clients: SoftvisioProcess;
let token: string;

before(async () => {
  const argv = ["--data", "data", "--softvisio-require-token", "true"];
  server = await startLiveServer({ folder: folder.path, argv });
  clients = startSoftvisioClients();
  token = await createToken("app");
});

after(async () => {
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function operate(...argv: readonly string[]): Promise<Ended> {
  return runHoldfast({ folder: folder.path, argv, environment: { HOLDFAST_DATA: "data" } });
}

async function createToken(name: string): Promise<string> {
  const { status, stdout, stderr } = await operate("token", "create", name);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

type Scheme = "ws" | "http";

function opened(scheme: Scheme, given?: string): Promise<SoftvisioClient> {
  const url = `${scheme}://127.0.0.1:${server.port}/api/`;
  return clients.open({ url, ...(given !== undefined && { token: given }) });
}

describe("with a token", () => {
  it("a client has locks and events", async () => {
    const [first, second] = [await opened("ws", token), await opened("ws", token)];
    const id = await grantOf(lock(first, "m"));
    assert.equal(await isLocked(second, "m"), true);
    assert.equal(await unlock(second, "m", id), true);
    await first.listen("/cluster/app/news");
    await publish(second, "app", { name: "news", data: "1" });
    assert.deepEqual(await first.hear(), event("/cluster/app/news", "1"));
  });

  it("a client may ask and publish over HTTP", async () => {
    const [listener, client] = [await opened("ws", token), await opened("http", token)];
    assert.equal(await isLocked(client, "m"), false);
    await listener.listen("/cluster/app/over-http");
    await publish(client, "app", { name: "over-http", data: "1" });
    assert.deepEqual(await listener.hear(), event("/cluster/app/over-http", "1"));
    assert.equal(await failureOf(client.call("/v1/mutexes/lock", "m")), -32810);
  });

  it("the client of a cluster has it in its URL", async () => {
    const url = `ws://${token}@127.0.0.1:${server.port}/api/`;
    const [one, two] = [
      await clients.open({ url, cluster: "app" }),
      await clients.open({ url, cluster: "app" }),
    ];
    await one.listen("news");
    await two.publish("news", "by a member");
    assert.deepEqual(await one.hear(), event("news", "by a member"));
    await one.mutex("m").lock().ended;
    assert.equal(await two.mutex("m").tryLock(), false);
    assert.equal(await one.mutex("m").unlock(), true);
  });
});

const calls: ReadonlyArray<readonly [method: string, ...args: unknown[]]> = [
  ["/v1/mutexes/is-locked", "m"],
  ["/v1/mutexes/try-lock", "m"],
  ["/v1/mutexes/lock", "m"],
  ["/v1/mutexes/unlock", "m", "no UUID"],
  ["/v1/events/publish", "app", { name: "refused" }],
  ["/v1/mutexes/steal"],
];

const wrongTokens = {
  none: undefined,
  "one of another server": `hf_${"0".repeat(12)}_${"a".repeat(32)}`,
  "one of another kind": "secret",
} as const;

for (const [what, given] of Object.entries(wrongTokens)) {
  describe(`with a wrong token (${what})`, () => {
    it("every call over WebSocket ends with an error, and nothing happens", async () => {
      const [heard, client] = [await opened("ws", token), await opened("ws", given)];
      await heard.listen("/cluster/app/refused");
      const expected =
        given === undefined
          ? ({ status: -32811, notice: "accessDenied" } as const)
          : ({ status: -32815, notice: "sessionDelete" } as const);
      for (const [method, ...args] of calls) {
        assert.equal(await failureOf(client.call(method, ...args)), expected.status, method);
        assert.deepEqual(await client.hear(), { type: expected.notice });
      }
      await client.callVoid("/v1/events/publish", "app", { name: "refused" });
      assert.equal(await failureOf(client.call("/v1/mutexes/is-locked", "m")), expected.status);
      await heard.settle();
      assert.deepEqual(heard.unheard, []);
      assert.equal(await isLocked(heard, "m"), false);
    });

    it("every call over HTTP ends with the one error that the client can read", async () => {
      const client = await opened("http", given);
      for (const [method, ...args] of calls) {
        assert.equal(await failureOf(client.call(method, ...args)), -32812, method);
      }
    });
  });
}

it("a token that is revoked is a wrong one from then on, and what was held with it is free", async () => {
  const own = await createToken("revoked");
  const [holder, next] = [await opened("ws", own), await opened("ws", token)];
  await grantOf(lock(holder, "left"));
  const waiter = await waiting(next, "left");
  const { status, stderr } = await operate("token", "revoke", "revoked");
  assert.equal(status, 0, stderr);

  assert.deepEqual(await holder.hear(), { type: "sessionDelete" });
  assert.deepEqual(await holder.hear(), { type: "disconnect", status: 1008 });
  assert.equal(await unlock(next, "left", await grantOf(waiter.ended)), true);
  assert.deepEqual(await holder.hear(), { type: "connect" });
  assert.equal(await failureOf(holder.call("/v1/mutexes/is-locked", "left")), -32815);
  const overHttp = await opened("http", own);
  assert.equal(await failureOf(overHttp.call("/v1/mutexes/is-locked", "left")), -32812);
});
