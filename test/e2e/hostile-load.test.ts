/** Too many clients, clients that vanish, and clients that do not read, on a real server. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { concurrently } from "../../testing/concurrently.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus, type LocktopusPeer } from "../../testing/locktopus-peer.ts";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type RawClient,
} from "../../testing/loopback.ts";
import { readServerFrames } from "../../testing/server-frames.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";
import { acquired, lock, ready, release } from "../conformance/locktopus/connection.cases.ts";

const clientCount = 1000;

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

function connectMany(port: number, query: string): Promise<LocktopusPeer[]> {
  return Promise.all(Array.from({ length: clientCount }, () => connectLocktopus(port, query)));
}

describe("many clients", () => {
  let server: LiveServer;
  before(async () => {
    server = await startLiveServer({ folder: folder.path, argv: ["--data", "many"] });
  });
  afterEach(() => assertUnharmed(server));
  after(() => server?.[Symbol.asyncDispose]());

  test(`${clientCount} that vanish at once, holding and waiting, leave nothing`, async () => {
    const peers = await connectMany(server.port, "namespace=vanishing&abandon-timeout-ms=0");
    for (const [place, peer] of peers.entries()) peer.send(lock(`write ${Math.floor(place / 2)}`));
    const states = await Promise.all(peers.map(async (peer) => (await peer.hear()).state));
    assert.equal(states.filter((state) => state === "acquired").length, clientCount / 2);
    const figures = await server.figures();
    assert.equal(figures.of("holdfast_locks_held"), clientCount / 2);
    assert.equal(figures.of("holdfast_waiters"), clientCount / 2);

    // A client that waits for everything gets it when all others are gone.
    const watcher = await connectLocktopus(server.port, "namespace=vanishing&abandon-timeout-ms=0");
    watcher.send(lock("write"));
    assert.equal((await watcher.hear()).state, "enqueued");
    for (const peer of peers) peer.drop();
    assert.equal((await watcher.hear()).state, "acquired");
    watcher.send(release);
    assert.equal((await watcher.hear()).state, "ready");
    const left = await server.figures();
    assert.equal(left.of("holdfast_locks_held"), 0);
    assert.equal(left.of("holdfast_waiters"), 0);
    watcher.close();
    await watcher.closed;
  });

  test(`${clientCount} that wait for one lock get it one after the other, in their order`, async () => {
    const holder = await connectLocktopus(server.port, "namespace=line");
    holder.send(lock("write a"));
    await holder.hear();
    const peers = await connectMany(server.port, "namespace=line");
    for (const peer of peers) peer.send(lock("write a"));
    const served: number[] = [];
    const done = peers.map(async (peer) => {
      assert.equal((await peer.hear()).state, "enqueued");
      const { id, state } = await peer.hear();
      assert.equal(state, "acquired");
      served.push(Number(id));
      peer.send(release);
      assert.equal((await peer.hear()).state, "ready");
      peer.close();
      await peer.closed;
    });
    await untilFigure(server, "holdfast_waiters", (waiters) => waiters === clientCount);
    holder.send(release);
    await Promise.all(done);
    assert.deepEqual(
      served,
      Array.from({ length: clientCount }, (_, place) => place + 2),
    );
    holder.close();
  });

  test("one that takes 30,000 locks of different names, one by one, leaves nothing", async () => {
    const count = 30_000;
    const client = await connectWebSocket(server.port, "/v1?namespace=names&abandon-timeout-ms=0");
    for (let place = 0; place < count; place++) {
      client.send(clientFrame(0x1, lock(`write ${"name".repeat(20)}/${place}`)));
      client.send(clientFrame(0x1, release));
    }
    await client.until((received) => received.slice(-100_000).includes(ready(count)));
    client.socket.destroy();
    const statistics = await fetch(`http://127.0.0.1:${server.port}/stats?namespace=names`);
    const { LastGroupID, PathCount } = (await statistics.json()) as Record<string, number>;
    assert.deepEqual({ LastGroupID, PathCount }, { LastGroupID: count, PathCount: 0 });
  });

  test("one that holds 3000 locks at once gives them all back with its session", async () => {
    const session = await openLdlmSession(server.port);
    const names = Array.from({ length: 3000 }, (_, place) => `held ${place}`);
    await concurrently(names, 50, async (name) => {
      assert.equal((await session.lock(name)).locked, true);
    });
    assert.equal((await server.figures()).of("holdfast_locks_held"), names.length);
    await session.end();
    assert.equal((await server.figures()).of("holdfast_locks_held"), 0);
  });

  test("2000 connections that say nothing, or hardly anything, and go are forgotten", async () => {
    const beginnings = ["", "G", "GET / HT", "PRI * HTT", "\x16", "POST /session HTTP/1.1\r\n"];
    const connections = Array.from({ length: 2000 }, (_, place) => beginnings[place % 6] ?? "");
    // The idle connections of `fetch`, which the server keeps for a minute.
    const before = (await server.figures()).of("holdfast_connections");
    await concurrently(connections, 200, async (beginning) => {
      const client = await connectRaw(server.port);
      client.send(beginning);
      client.socket.destroy();
      await client.closed();
    });
    await untilFigure(server, "holdfast_connections", (connections) => connections <= before);
  });
});

/** Asks again and again. Each answer shows all that the server did before it. */
async function untilFigure(
  server: LiveServer,
  name: string,
  isEnough: (value: number) => boolean,
): Promise<void> {
  while (!isEnough((await server.figures()).of(name)));
}

describe("a client that reads slowly, or never,", () => {
  let server: LiveServer;
  before(async () => {
    const argv = ["--data", "slow", "--limits-unsent-bytes-max", "64KiB"];
    const impatient = ["--ping-interval", "500ms", "--http-request-timeout", "1s"];
    server = await startLiveServer({ folder: folder.path, argv: [...argv, ...impatient] });
  });
  afterEach(() => assertUnharmed(server));
  after(() => server?.[Symbol.asyncDispose]());

  async function refused(reason: string): Promise<number> {
    return (await server.figures()).of("holdfast_refused_total", { reason });
  }

  test("gets every answer in order if only it goes on reading", async () => {
    const count = 5000;
    const client = await connectWebSocket(server.port, "/v1?namespace=slow&abandon-timeout-ms=0");
    client.socket.pause();
    const reading = readTurnByTurn(client);
    for (let place = 0; place < count; place++) {
      client.send(clientFrame(0x1, lock(`write ${"long name ".repeat(10)}/${place}`)));
      client.send(clientFrame(0x1, release));
    }
    const words = readServerFrames(
      // A ping may come behind it.
      await client.until((received) => received.slice(-100_000).includes(ready(count))),
    );
    client.socket.destroy();
    await reading;
    const texts = words.flatMap((word) => (word.type === "text" ? [word.text] : []));
    const expected = Array.from({ length: count }, (_, place) => [
      acquired(place + 1),
      ready(place + 1),
    ]);
    assert.deepEqual(texts, expected.flat());
  });

  test("is cut off when it asks without end and reads no answer", async () => {
    const before = await refused("peer_not_reading");
    const client = await connectWebSocket(server.port, "/v1?namespace=deaf");
    client.socket.pause();
    const pair = [
      clientFrame(0x1, lock(`write ${"long name ".repeat(10)}`)),
      clientFrame(0x1, release),
    ];
    const pairs = Buffer.concat(Array.from({ length: 250 }, () => pair).flat());
    await writeUntilCut(client.socket, pairs);
    assert.equal(await refused("peer_not_reading"), before + 1);
  });

  test("costs nothing when it pings without end and reads no answer", async () => {
    const client = await connectWebSocket(server.port, "/v1?namespace=pinging");
    client.socket.pause();
    const ping = clientFrame(0x9, "x".repeat(125));
    const pings = Buffer.concat(Array.from({ length: 500 }, () => ping));
    for (let count = 0; count < 300; count += 1) {
      await new Promise((resolve) => client.socket.write(pings, resolve));
    }
    const kept = (await server.figures()).of("holdfast_peer_bytes");
    assert.ok(kept < 1024 * 1024, `${kept} bytes are kept for a few connections`);
    client.socket.destroy();
  });

  test("is cut off when it asks for pages without end and reads none", async () => {
    const client = await connectRaw(server.port);
    client.socket.pause();
    const request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await writeUntilCut(client.socket, Buffer.from(request.repeat(500)));
  });

  test("is cut off when it says nothing and answers no ping", async () => {
    const before = await refused("peer_silent");
    const client = await connectWebSocket(server.port, "/v1?namespace=silent");
    await client.closed();
    assert.equal(await refused("peer_silent"), before + 1);
  });
});

/** Reads a little in each turn of the event loop until the end, and sends pongs as signs of life. */
async function readTurnByTurn({ socket, send }: RawClient): Promise<void> {
  while (!socket.destroyed) {
    socket.resume();
    send(clientFrame(0xa, ""));
    await new Promise((resolve) => setImmediate(resolve));
    socket.pause();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A paused socket notices its end only when it writes. */
async function writeUntilCut(socket: Socket, bytes: Buffer): Promise<void> {
  const cut = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  while (!socket.destroyed) {
    if (socket.write(bytes)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([cut, new Promise((resolve) => socket.once("drain", resolve))]);
  }
  await cut;
}
