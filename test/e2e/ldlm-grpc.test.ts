/** LDLM over gRPC with the real process: clients that die, in every way in which clients die. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { callHead, type Http2Client, openHttp2Client } from "../../testing/http2-client.ts";
import { type LdlmClient, openLdlmClient } from "../../testing/ldlm-client.ts";
import { startLdlmClient } from "../../testing/ldlm-client-process.ts";
import { pathOf, requestBytes } from "../../testing/ldlm-proto.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { openRelay } from "../../testing/relay.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
let server: LiveServer;
let client: LdlmClient;

before(async () => {
  server = await startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
  client = openLdlmClient(server.port);
});
after(async () => {
  client?.close();
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
/** Each test gives back what it took, or loses it. */
afterEach(() => untilHeld(0, 0));

async function untilHeld(held: number, waiters: number, at = server): Promise<void> {
  for (;;) {
    const figures = await at.figures();
    if (figures.of("holdfast_waiters") !== waiters) continue;
    if (figures.of("holdfast_locks_held") === held) return;
  }
}

async function take(by: Pick<LdlmClient, "call">, name: string): Promise<string> {
  const { message } = await by.call("Lock", { name }).ended;
  assert.equal(message?.locked, true);
  return message.key ?? "";
}

async function giveBack(name: string, key: string): Promise<void> {
  const { message } = await client.call("Unlock", { name, key }).ended;
  assert.deepEqual(message, { unlocked: true, name });
}

describe("a client that is killed", () => {
  test("while it holds a lock loses it to the one that waits", async () => {
    await using victim = startLdlmClient(server.port);
    await victim.call("Lock", { name: "killed" });
    const waiting = client.call("Lock", { name: "killed" });
    await untilHeld(1, 1);
    victim.signal("SIGKILL");
    const { message } = await waiting.ended;
    await giveBack("killed", message?.key ?? "");
  });

  test("while it waits leaves the line", async () => {
    await using victim = startLdlmClient(server.port);
    const key = await take(client, "line");
    void victim.call("Lock", { name: "line" });
    await untilHeld(1, 1);
    victim.signal("SIGKILL");
    await untilHeld(1, 0);
    await giveBack("line", key);
  });

  test("in the very middle of a grant leaves the lock to the living", async () => {
    for (let round = 0; round < 8; round++) {
      await using victim = startLdlmClient(server.port);
      const key = await take(client, "middle");
      void victim.call("Lock", { name: "middle" });
      await untilHeld(1, 1);
      const handing = client.call("Unlock", { name: "middle", key });
      for (let turn = 0; turn < round; turn++) await turnOver();
      victim.signal("SIGKILL");
      assert.equal((await handing.ended).message?.unlocked, true);
      await giveBack("middle", await take(client, "middle"));
    }
  });

  test("by SIGSTOP is found by its silence", async () => {
    // On a server of its own: a busy machine can keep the clients of the other tests silent for as long.
    const keepalive = ["--ldlm-keepalive-interval", "500ms", "--ldlm-keepalive-timeout", "1s"];
    const argv = ["--data", "silence", ...keepalive];
    await using impatient = await startLiveServer({ folder: folder.path, argv });
    await using victim = startLdlmClient(impatient.port);
    await victim.call("Lock", { name: "stopped" });
    const living = openLdlmClient(impatient.port);
    const waiting = living.call("Lock", { name: "stopped" });
    await untilHeld(1, 1, impatient);
    victim.signal("SIGSTOP");
    assert.equal((await waiting.ended).message?.locked, true);
    victim.signal("SIGCONT");
    const late = await victim.call("TryLock", { name: "stopped" });
    assert.notEqual(late.message?.locked, true);
    living.close();
  });
});

function turnOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a connection that ends", () => {
  for (const how of ["fin", "reset"] as const) {
    test(`by ${how} gives back what it holds and leaves the lines it waits in`, async () => {
      await using relay = await openRelay(server.port);
      const victim = openLdlmClient(relay.port);
      const key = await take(client, "elsewhere");
      await take(victim, `ends by ${how}`);
      victim.call("Lock", { name: "elsewhere" });
      await untilHeld(2, 1);
      relay.cut(how);
      await untilHeld(1, 0);
      await giveBack("elsewhere", key);
      victim.close();
    });

    test(`by ${how} in the middle of a grant leaves the lock to the living, 200 times`, async () => {
      for (let round = 0; round < 200; round++) {
        const victim = openHttp2Client(server.port);
        const key = await take(client, "cut");
        lockOver(victim, "cut");
        await untilHeld(1, 1);
        const handing = client.call("Unlock", { name: "cut", key });
        for (let turn = 0; turn < round % 8; turn++) await turnOver();
        if (how === "fin") victim.socket.destroy();
        else victim.socket.resetAndDestroy();
        assert.equal((await handing.ended).message?.unlocked, true);
        await giveBack("cut", await take(client, "cut"));
      }
    });
  }

  test("with 999 others, each of which holds a lock and waits for another, leaves nothing", async () => {
    const count = 1_000;
    const victims = Array.from({ length: count }, () => openHttp2Client(server.port));
    const tokenBefore = (await server.figures()).of("holdfast_last_token");
    await Promise.all(victims.map((victim, n) => lockOver(victim, `own ${n}`).closed));
    victims.forEach((victim, n) => void lockOver(victim, `own ${(n + 1) % count}`));
    await untilHeld(count, count);
    for (const victim of victims) victim.socket.resetAndDestroy();
    await untilHeld(0, 0);
    const figures = await server.figures();
    assert.equal(figures.of("holdfast_sessions"), 1);
    // Each lock was granted once, and at most once more, to its waiter.
    const grants = figures.of("holdfast_last_token") - tokenBefore;
    assert.ok(grants >= count && grants <= 2 * count, `${grants} grants`);
  });

  function lockOver(victim: Http2Client, name: string) {
    const message = requestBytes("Lock", { name });
    const prefix = Buffer.of(0, 0, 0, 0, message.length);
    return victim.request(callHead(pathOf("Lock")), Buffer.concat([prefix, message]));
  }
});

describe("a connection", () => {
  test("on which 2,000 calls wait is answered as ever", async () => {
    const busy = openLdlmClient(server.port);
    const key = await take(client, "busy");
    const waiting = Array.from({ length: 2_000 }, () => busy.call("Lock", { name: "busy" }));
    await untilHeld(1, 2_000);
    const own = await take(busy, "other");
    const { message } = await busy.call("Unlock", { name: "other", key: own }).ended;
    assert.equal(message?.unlocked, true);
    for (const call of waiting) call.cancel();
    await untilHeld(1, 0);
    assert.deepEqual(
      new Set((await Promise.all(waiting.map(({ ended }) => ended))).map(codeOf)),
      new Set([1]),
    );
    await giveBack("busy", key);
    busy.close();
  });

  test("leases by the real clock", async () => {
    const leased = { name: "second", lock_timeout_seconds: 1 };
    assert.equal((await client.call("Lock", leased).ended).message?.locked, true);
    await giveBack("second", await take(client, "second"));
  });

  test("waits by the real clock", async () => {
    const key = await take(client, "patience");
    const impatient = { name: "patience", wait_timeout_seconds: 1 };
    const { message } = await client.call("Lock", impatient).ended;
    assert.equal(message?.error?.code, 3);
    await giveBack("patience", key);
  });
});

function codeOf({ code }: { readonly code: number }): number {
  return code;
}

test("a server that was killed goes on where it was, for clients on new connections", async () => {
  const argv = ["--data", "killed"];
  const keys = await (async () => {
    await using first = await startLiveServer({ folder: folder.path, argv });
    const before = openLdlmClient(first.port);
    const leased = await before.call("Lock", { name: "leased", lock_timeout_seconds: 600 }).ended;
    const unleased = await take(before, "unleased");
    first.process.kill("SIGKILL");
    await first.process.ended;
    before.close();
    return { leased: leased.message?.key, unleased };
  })();
  await using second = await startLiveServer({ folder: folder.path, argv });
  const later = openLdlmClient(second.port);
  for (const name of ["leased", "unleased"] as const) {
    assert.equal((await later.call("TryLock", { name }).ended).message?.locked, false);
  }
  const renewal = { name: "leased", key: keys.leased, lock_timeout_seconds: 60 };
  const renewed = (await later.call("Renew", renewal).ended).message;
  assert.deepEqual(renewed, { locked: true, name: "leased", key: keys.leased });
  for (const name of ["leased", "unleased"] as const) {
    const { message } = await later.call("Unlock", { name, key: keys[name] }).ended;
    assert.deepEqual(message, { unlocked: true, name });
  }
  later.close();
});

describe("a server that stops", () => {
  test("tells those that wait and those that watch, and keeps what is held", async () => {
    const argv = ["--data", "stopped"];
    const stopping = await startLiveServer({ folder: folder.path, argv });
    const own = openLdlmClient(stopping.port);
    const key = await take(own, "held");
    const waiting = own.call("Lock", { name: "held" });
    while ((await stopping.figures()).of("holdfast_waiters") !== 1);
    const watcher = openHttp2Client(stopping.port);
    const watch = watcher.request(callHead("/grpc.health.v1.Health/Watch"), Buffer.alloc(5));
    const heard: string[] = [];
    watch.stream.on("data", (chunk: Buffer) => {
      heard.push(chunk.toString("hex"));
      if (heard.length === 1) stopping.process.kill("SIGTERM");
      else watcher.destroy();
    });
    const { code, details } = await waiting.ended;
    assert.deepEqual([code, details], [14, "the server is stopping"]);
    assert.equal((await stopping.process.ended).status, 0);
    // SERVING, and then NOT_SERVING.
    assert.deepEqual(heard, ["00000000020801", "00000000020802"]);
    assert.equal((await own.call("TryLock", { name: "held" }).ended).code, 14);
    own.close();
    await using again = await startLiveServer({ folder: folder.path, argv });
    const later = openLdlmClient(again.port);
    const { message } = await later.call("Unlock", { name: "held", key }).ended;
    assert.equal(message?.unlocked, true);
    later.close();
  });
});

describe("a tool", () => {
  test("learns by health checks that the server serves", async () => {
    const peer = openHttp2Client(server.port);
    const service = Buffer.from("\0\0\0\0\x0b\x0a\x09ldlm.LDLM", "latin1");
    for (const request of [Buffer.alloc(5), service]) {
      const { body } = await peer.request(callHead("/grpc.health.v1.Health/Check"), request).closed;
      assert.equal(body.toString("hex"), "00000000020801");
    }
    peer.destroy();
  });

  for (const version of ["v1", "v1alpha"]) {
    test(`learns by reflection, ${version}, which services there are`, async () => {
      const peer = openHttp2Client(server.port);
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const listServices = Buffer.from("\0\0\0\0\x02\x3a\0", "latin1");
      const { body } = await peer.request(callHead(path), listServices).closed;
      const text = body.toString("latin1");
      for (const service of ["ldlm.LDLM", "grpc.health.v1.Health"]) {
        assert.ok(text.includes(service), `${service} is not listed`);
      }
      peer.destroy();
    });
  }
});
