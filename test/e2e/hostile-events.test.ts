/** Events and mutexes of softvisio under clients that do too much, or nothing, on a real server. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { clientMessage } from "../../testing/client-message.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectWebSocket, type RawClient } from "../../testing/loopback.ts";
import { untilFigure } from "../../testing/operator.ts";
import { readServerFrames, type ServerWord } from "../../testing/server-frames.ts";
import { connectSoftvisio, type SoftvisioPeer } from "../../testing/softvisio-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";
import { call, failed, methods, ok, publish, subscribe } from "../conformance/softvisio/case.ts";

const clientCount = 1000;

const folder = createTemporaryFolder();
let server: LiveServer;
before(async () => {
  const argv = ["--data", "data", "--limits-unsent-bytes-max", "64KiB"];
  // Garbage does not count: what is in use at any moment has no more room than this.
  const environment = { NODE_OPTIONS: "--max-old-space-size=160" };
  server = await startLiveServer({ folder: folder.path, argv, environment });
});
afterEach(async () => {
  await untilFigure(server, "holdfast_subscriptions", (count) => count === 0);
  await untilFigure(server, "holdfast_sessions", (count) => count === 0);
  await assertUnharmed(server);
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const tooSlow = { type: "close", code: 1013, reason: "too slow: what was sent is not read" };
const name = "/cluster/c/tick";

function connectMany(): Promise<SoftvisioPeer[]> {
  return Promise.all(Array.from({ length: clientCount }, () => connectSoftvisio(server.port)));
}

function refusedAsSlow(): Promise<number> {
  return figure("holdfast_refused_total", { reason: "peer_not_reading" });
}

async function figure(of: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await server.figures()).of(of, labels);
}

async function goodbye(peers: readonly SoftvisioPeer[]): Promise<void> {
  for (const peer of peers) peer.close();
  await Promise.all(peers.map(({ closed }) => closed));
}

/** The first byte of a close, and the most bytes that it has; RFC 6455, section 5.5. */
const closeStart = "\x88";
const closeBytesMax = 127;

/**
 * All that was said to it, once it is closed. Reads the frames only when the last one may be a close: to read them with
 * each chunk took some machines longer than the server waits.
 */
async function wordsOf(client: RawClient): Promise<readonly ServerWord[]> {
  let tail = client.received().slice(-closeBytesMax);
  client.socket.on("data", (chunk) => {
    tail = (tail + chunk.toString("latin1")).slice(-closeBytesMax);
  });
  client.socket.resume();
  // To look into all that was received at each chunk would take a time that grows with its square.
  await client.until((received) => {
    return tail.includes(closeStart) && readServerFrames(received).at(-1)?.type === "close";
  });
  client.socket.end();
  return readServerFrames(await client.closed());
}

/** The numbers of the ticks among what was heard. */
function ticksOf(words: readonly ServerWord[]): readonly number[] {
  const events = words.flatMap((word) => (word.type === "text" ? [JSON.parse(word.text)] : []));
  return events.flatMap(({ params: [of, data] }) => (of === name ? [Number(data)] : []));
}

describe(`${clientCount} subscribers of one event, of whom one does not read,`, () => {
  test("lose nothing: that one is closed, and finds out why when it reads at last", async () => {
    const [publisher, ...readers] = await connectMany();
    assert.ok(publisher !== undefined);
    for (const reader of readers) reader.notify("/subscribe", [name]);
    const sleeper = await connectWebSocket(server.port, "/api/");
    // What fills its buffers nobody else wants to hear, or the others would have to read it, too.
    sleeper.send(clientMessage(subscribe(name, "/cluster/c/filling")));
    await untilFigure(server, "holdfast_subscriptions", (count) => count === clientCount + 1);
    sleeper.socket.pause();
    const before = await server.figures();
    const drops = () => figure("holdfast_events_dropped_total", { api: "softvisio" });
    const slowBefore = await refusedAsSlow();

    let ticks = 0;
    async function tick(): Promise<void> {
      const data = "x".repeat(32 * 1024);
      publisher?.notify(methods.publish, "c", { name: "tick", data: String(ticks++) });
      await publisher?.call(methods.publish, "c", { name: "filling", data });
    }
    do {
      for (let round = 0; round < 10; round++) await tick();
    } while ((await refusedAsSlow()) === slowBefore);
    for (let round = 0; round < 10; round++) await tick();

    const heardBySleeper = await wordsOf(sleeper);
    assert.deepEqual(heardBySleeper.at(-1), tooSlow);
    const told = ticksOf(heardBySleeper);
    assert.deepEqual(told, [...told.keys()], "what it was told has no gap");
    assert.ok(told.length < ticks);
    assert.equal(await refusedAsSlow(), slowBefore + 1);
    assert.ok((await drops()) > 0, "what it was not told is counted");

    const heardByReaders = await Promise.all(
      readers.map(async (reader) => {
        const heard: number[] = [];
        while (heard.length < ticks) heard.push(Number((await reader.hear())[1]));
        return heard;
      }),
    );
    for (const heard of heardByReaders) assert.deepEqual(heard, [...heard.keys()]);
    const after = await server.figures();
    const grown =
      after.of("process_resident_memory_bytes") - before.of("process_resident_memory_bytes");
    assert.ok(grown < 100 * 1024 * 1024, `memory has grown by ${grown} bytes`);
    await goodbye([publisher, ...readers]);
  });
});

describe("one connection", () => {
  test("that subscribes to a million names and leaves each in time has none at the end", async () => {
    const client = await connectWebSocket(server.port, "/api/");
    for (let block = 0; block < 100; block++) {
      const names = Array.from({ length: 10_000 }, (_, at) => `/cluster/c/${block}/${at}`);
      client.send(clientMessage(subscribe(...names)));
      client.send(clientMessage(call(undefined, "/unsubscribe", names)));
    }
    client.send(clientMessage(call(1, methods.isLocked, "m")));
    await client.until((received) => readServerFrames(received).length > 0);
    assert.equal(await figure("holdfast_subscriptions"), 0);
    assert.deepEqual(readServerFrames(client.received()), [{ type: "text", text: ok(1, false) }]);
    client.socket.destroy();
  });

  test("that subscribes to a million names and keeps them is closed at the limit", async () => {
    const client = await connectWebSocket(server.port, "/api/");
    for (let block = 0; block < 100; block++) {
      const names = Array.from({ length: 10_000 }, (_, at) => `/cluster/c/${block}/${at}`);
      client.send(clientMessage(subscribe(...names)));
    }
    const reason = "a session has at most 10000 subscriptions";
    assert.deepEqual(await wordsOf(client), [{ type: "close", code: 1008, reason }]);
  });

  test("that publishes a large event to 10,000 users ends whom it overwhelms, and nothing else", async () => {
    const users = Array.from({ length: 10_000 }, (_, at) => at);
    const hearer = await connectWebSocket(server.port, "/api/");
    hearer.send(clientMessage(subscribe(...users.map((user) => `/cluster/c/to/${user}`))));
    await untilFigure(server, "holdfast_subscriptions", (count) => count === users.length);
    const publisher = await connectSoftvisio(server.port);
    const event = { name: "to/", users, data: "x".repeat(900_000) };
    const { result } = await publisher.call(methods.publish, "c", event);
    assert.equal(result?.status, 200);
    assert.deepEqual((await wordsOf(hearer)).at(-1), tooSlow);
    await goodbye([publisher]);
  });

  test("that publishes to 10,000 users under a name of 900,000 bytes is refused", async () => {
    const users = Array.from({ length: 10_000 }, (_, at) => at);
    const event = { name: `${"x".repeat(900_000)}/`, users };
    const publisher = await connectSoftvisio(server.port);
    assert.equal((await publisher.call(methods.publish, "c", event)).error?.code, -32808);
    await goodbye([publisher]);
    const response = await fetch(`http://127.0.0.1:${server.port}/api${methods.publish}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(["c", event]),
    });
    assert.equal(response.status, 400);
  });

  test("that sends a message of 1 MiB is answered, and of a byte more closed with 1009", async () => {
    const client = await connectWebSocket(server.port, "/api/");
    const frame = call(1, methods.isLocked, "m");
    client.send(clientMessage(frame + " ".repeat(1024 * 1024 - frame.length)));
    await client.until((received) => readServerFrames(received).length === 1);
    client.send(clientMessage(frame + " ".repeat(1024 * 1024 - frame.length + 1)));
    const [answer, end] = await wordsOf(client);
    assert.deepEqual(answer, { type: "text", text: ok(1, false) });
    assert.ok(end?.type === "close" && end.code === 1009);
  });

  test("that asks without end for a mutex that is held has a limit, and leaves no waiter", async () => {
    const holder = await connectSoftvisio(server.port);
    await holder.call(methods.lock, "wanted");
    const client = await connectWebSocket(server.port, "/api/");
    for (let id = 1; id <= 10_001; id++)
      client.send(clientMessage(call(id, methods.lock, "wanted")));
    const reason = "a connection has at most 10000 calls that wait";
    await client.until((received) => readServerFrames(received).length === 1);
    const text = failed(10_001, -32802, reason);
    assert.deepEqual(readServerFrames(client.received()), [{ type: "text", text }]);
    await untilFigure(server, "holdfast_waiters", (count) => count === 10_000);
    client.socket.destroy();
    await untilFigure(server, "holdfast_waiters", (count) => count === 0);
    await goodbye([holder]);
  });
});

describe(`${clientCount} connections`, () => {
  test("that take a mutex each and drop at once leave nothing", async () => {
    const clients = await Promise.all(
      Array.from({ length: clientCount }, () => connectWebSocket(server.port, "/api/")),
    );
    for (const [place, client] of clients.entries()) {
      client.send(clientMessage(call(1, methods.lock, `dropped ${Math.floor(place / 2)}`)));
      client.send(clientMessage(publish("c", "dropped")));
      client.socket.end();
    }
    await Promise.all(clients.map(({ closed }) => closed()));
    await untilFigure(server, "holdfast_locks_held", (count) => count === 0);
    await untilFigure(server, "holdfast_waiters", (count) => count === 0);
    const peer = await connectSoftvisio(server.port);
    assert.equal((await peer.call(methods.isLocked, "dropped 0")).result?.data, false);
    await goodbye([peer]);
  });

  test("that hold a mutex each and vanish hand it to those who wait", async () => {
    const [heir, ...holders] = await connectMany();
    assert.ok(heir !== undefined);
    await Promise.all(holders.map((peer, place) => peer.call(methods.lock, `left ${place}`)));
    assert.equal(await figure("holdfast_locks_held"), clientCount - 1);
    const inherited = holders.map((_, place) => heir.call(methods.lock, `left ${place}`));
    await untilFigure(server, "holdfast_waiters", (count) => count === clientCount - 1);
    await goodbye(holders);
    for (const { result } of await Promise.all(inherited)) assert.equal(result?.status, 200);
    await goodbye([heir]);
  });
});
