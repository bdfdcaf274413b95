import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { callHead, openHttp2Client } from "../../../testing/http2-client.ts";
import {
  callHeaders,
  endHeaders,
  endStream,
  forStreams,
  frame,
  header,
  opening,
  openingWith,
  uint32,
  wholeCall,
  windowOfZero,
} from "../../../testing/http2-frames.ts";
import {
  connectRaw,
  type ListenerWishes,
  type RawClient,
  startListener,
  type TestListener,
  until,
} from "../../../testing/loopback.ts";
import { callDone, unaryReceiver, withPrefix } from "../../protocols/grpc/mod.ts";
import { createBudget, unlimited } from "../budget/budget.ts";
import { systemClock } from "../clock.ts";
import { streamsAtFirst } from "./http2-allowance.ts";
import { youngMs } from "./http2-conduct.ts";
import { reviewMs } from "./http2-reviews.ts";

/** Calls to `/wait` wait, others are answered; `served` lists the `x-number` of each. */
function waiting() {
  const served: string[] = [];
  const told: string[] = [];
  const wishes: ListenerWishes = {
    routes: {
      http: () => ({ status: 200, headers: {}, body: "x".repeat(100) }),
      upgrade: () => ({ status: 404, headers: {}, body: "" }),
      calls: () => ({
        begin({ path, metadata }, peer) {
          served.push(metadata["x-number"] ?? "");
          return unaryReceiver(peer, {
            asked(message) {
              if (path !== "/wait") peer.end({ status: callDone, message });
            },
            cancelled: () => told.push("cancelled"),
          });
        },
        isHeldBack: () => false,
        closed: () => told.push("closed"),
      }),
    },
  };
  return { wishes, served, told };
}

/** A client that behaves, and stays. */
async function openNeighbour(test: TestListener) {
  const client = openHttp2Client(test.listener.port);
  const ask = async () => {
    const { closed } = client.request(callHead("/echo"), withPrefix(Buffer.from("hello")));
    assert.equal((await closed).trailers["grpc-status"], "0");
  };
  await ask();
  return { ask, [Symbol.dispose]: client.destroy };
}

async function openHostile(test: TestListener, settings = opening): Promise<RawClient> {
  const client = await connectRaw(test.listener.port);
  client.send(settings);
  await client.until((received) => received.length >= 18);
  return client;
}

/** Resolves when the server has read all that was sent before. */
async function readByServer(client: RawClient, mark: string): Promise<void> {
  client.send(frame("ping", {}, Buffer.from(mark)));
  await client.until((received) => received.includes(mark));
}

/** The head of the frame with the empty message that answers a call. */
const answerOn = (stream: number) => frame("data", { stream }, Buffer.alloc(5)).toString("latin1");

const cancel = (stream: number) => frame("reset", { stream }, uint32(8));
const repeat = (count: number, bytes: Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, () => bytes));
const idleBytes = 2 * 1024 * 1024;

/** Each row is one of docs/operating/limits.md, section "HTTP/2". */
const faults: readonly (readonly [fault: string, why: string, bytes: Uint8Array])[] = [
  [
    "resets",
    "streams that are reset as soon as they are opened",
    forStreams(1_001, (stream) => Buffer.concat([callHeaders(stream, "/wait"), cancel(stream)])),
  ],
  [
    "broken_streams",
    "streams that the server has to reset",
    forStreams(51, (stream) =>
      Buffer.concat([callHeaders(stream, "/wait"), callHeaders(stream, "/wait")]),
    ),
  ],
  ["pings", "pings", repeat(501, frame("ping", {}, Buffer.alloc(8)))],
  ["settings", "settings", repeat(101, frame("settings", {}))],
];

const idleFrames: readonly (readonly [why: string, one: Uint8Array])[] = [
  ["windows that grow by a byte", frame("windowUpdate", {}, uint32(1))],
  ["frames of an unknown type", frame("unknown", {}, Buffer.alloc(1_000))],
];

for (const [fault, why, bytes] of faults) {
  test(`${why} end the connection, and no other`, async () => {
    const { wishes } = waiting();
    await using test = await startListener(wishes);
    using neighbour = await openNeighbour(test);
    const hostile = await openHostile(test);
    hostile.send(bytes);
    const received = await hostile.closed();
    assert.ok(received.includes(`\0\0\0\x0btoo_many_${fault}`), "GOAWAY with ENHANCE_YOUR_CALM");
    assert.equal(test.listener.status().refusedTotal.http2_misuse, 1);
    assert.equal(test.lines[0]?.fault, fault);
    await neighbour.ask();
    await until(() => test.listener.status().callsOpen === 0);
  });
}

for (const [why, one] of idleFrames) {
  test(`${why} without end end the connection, and no other`, async () => {
    const { wishes } = waiting();
    await using test = await startListener(wishes);
    using neighbour = await openNeighbour(test);
    const hostile = await openHostile(test);
    hostile.send(callHeaders(1, "/wait"));
    hostile.send(repeat(Math.ceil(idleBytes / one.length), one));
    await readByServer(hostile, "all read");
    test.clock.advance(reviewMs);
    assert.ok((await hostile.closed()).includes("too_many_idle_bytes"));
    assert.equal(test.listener.status().refusedTotal.http2_misuse, 1);
    await neighbour.ask();
  });
}

test("a client that cancels calls that have waited, in any number, stays", async () => {
  const { wishes, told, served } = waiting();
  await using test = await startListener(wishes);
  const client = await openHostile(test);
  // As many beside those that wait as the server allows.
  for (let sent = 0; sent < 3_000; ) {
    const more = Math.min(Math.max(streamsAtFirst, sent), 3_000 - sent);
    const from = 2 * sent;
    client.send(forStreams(more, (stream) => wholeCall(from + stream, "/wait")));
    sent += more;
    await until(() => served.length === sent);
  }
  test.clock.advance(youngMs);
  client.send(forStreams(3_000, cancel));
  await until(() => told.length === 3_000);
  client.send(wholeCall(6_001, "/echo"));
  await client.until((received) => received.includes(answerOn(6_001)));
  assert.equal(test.listener.status().refusedTotal.http2_misuse, 0);
  client.socket.destroy();
});

test("a client that sends bodies as fast as it can stays", async () => {
  const { wishes } = waiting();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  for (let count = 0; count < 10; count++) {
    const head = { ":method": "POST", ":path": "/" };
    const { headers } = await client.request(head, Buffer.alloc(1_000_000)).closed;
    assert.equal(headers[":status"], 200);
  }
  test.clock.advance(reviewMs);
  await client.request({ ":path": "/" }).closed;
  assert.equal(test.listener.status().refusedTotal.http2_misuse, 0);
  client.destroy();
});

const continuations = Buffer.concat([
  frame("headers", { stream: 1 }, header(":method", "POST")),
  repeat(1_000, frame("continuation", { stream: 1 }, header("x", "y"))),
]);

/** 4,096 bytes that one byte of the block stands for: HPACK's table holds them. */
const bomb = (stream: number) =>
  frame(
    "headers",
    { stream, flags: endHeaders | endStream },
    Buffer.concat([
      Buffer.from([0x82, 0x84, 0x86, 0x40, 1, 0x78, 0x7f, 0xe1, 0x1e]),
      Buffer.alloc(4_000, "x"),
      Buffer.alloc(100, 0xbe),
    ]),
  );

const priorities = Buffer.concat([
  frame("priority", { stream: 7 }, Buffer.from([0, 0, 0, 9, 1])),
  frame("priority", { stream: 9 }, Buffer.from([0, 0, 0, 7, 1])),
]);

const emptyData = Buffer.concat([
  callHeaders(1, "/wait"),
  repeat(100_000, frame("data", { stream: 1 })),
]);

const pairs = (stream: number) =>
  callHeaders(
    stream,
    "/echo",
    Array.from({ length: 200 }, () => header("x", "y")),
  );

const boundedByNode: readonly (readonly [why: string, bytes: Uint8Array])[] = [
  ["continuations without end", continuations],
  ["headers that expand", forStreams(200, bomb)],
  ["priorities in a circle", repeat(100_000, priorities)],
  ["data without bytes", emptyData],
];

for (const [why, bytes] of boundedByNode) {
  test(`${why} end the connection as a fault, and no other`, async () => {
    const { wishes, served } = waiting();
    await using test = await startListener(wishes);
    using neighbour = await openNeighbour(test);
    const hostile = await openHostile(test);
    hostile.send(bytes);
    await hostile.closed();
    assert.ok(served.length <= 2);
    assert.equal(test.listener.status().refusedTotal.http2_fault, 1);
    await neighbour.ask();
  });
}

test("a request with too many headers is reset and reaches no handler", async () => {
  const { wishes, served } = waiting();
  await using test = await startListener(wishes);
  const client = await openHostile(test);
  client.send(pairs(1));
  await client.until((received) => received.includes("\0\0\x04\x03\0\0\0\0\x01"));
  assert.equal(served.length, 0);
  client.socket.destroy();
});

test("a client that does not take its answers is cut, even if it sends pings", async () => {
  const { wishes } = waiting();
  const timeouts = { requestMs: 5_000, http2PingIntervalMs: 2_000, http2PingTimeoutMs: 1_000 };
  await using test = await startListener({ ...wishes, timeouts });
  using neighbour = await openNeighbour(test);
  const hostile = await openHostile(test, openingWith(windowOfZero));
  hostile.send(forStreams(3, (stream) => wholeCall(stream, "/echo")));
  await readByServer(hostile, "all came");
  for (let second = 0; second < 5; second++) {
    test.clock.advance(1_000);
    await readByServer(hostile, `sweep  ${second}`);
    await neighbour.ask();
  }
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 0);
  test.clock.advance(1_000);
  assert.ok((await hostile.closed()).includes("unread_answers"));
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 1);
  await neighbour.ask();
});

test("a call that waits is no unread answer", async () => {
  const { wishes, served } = waiting();
  await using test = await startListener({ ...wishes, timeouts: { requestMs: 5_000 } });
  const client = await openHostile(test);
  client.send(wholeCall(1, "/wait"));
  await until(() => served.length === 1);
  for (let second = 0; second < 20; second++) test.clock.advance(1_000);
  client.send(wholeCall(3, "/echo"));
  await client.until((received) => received.includes(answerOn(3)));
  client.socket.destroy();
});

test("a connection for which the server keeps too much is cut, after its handler", async () => {
  const { wishes, told } = waiting();
  const limits = { ...unlimited, bytesPerConnectionMax: 1024 * 1024 };
  const budget = createBudget(limits, systemClock);
  await using test = await startListener({ ...wishes, budget });
  using neighbour = await openNeighbour(test);
  const hostile = await openHostile(test);
  hostile.send(forStreams(400, (stream) => wholeCall(stream, "/wait")));
  assert.ok((await hostile.closed()).includes("too_much_memory"));
  await until(() => test.listener.status().callsOpen === 0);
  assert.equal(told[0], "closed");
  assert.equal(test.listener.status().refusedTotal.peer_bytes_max, 1);
  await neighbour.ask();
});

test("what was kept for calls and answers is given back when they end", async () => {
  const { wishes } = waiting();
  const budget = createBudget(unlimited, systemClock);
  await using test = await startListener({ ...wishes, budget });
  const client = openHttp2Client(test.listener.port);
  await client.request({ ":path": "/" }).closed;
  const [account] = budget.memory.accounts;
  await until(() => account?.share.bytes === account?.bytes);
  const idle = account?.bytes;
  const calls = Array.from({ length: 50 }, () =>
    client.request(callHead("/echo"), Buffer.alloc(5)),
  );
  await Promise.all(calls.map(({ closed }) => closed));
  await client.request({ ":method": "POST", ":path": "/" }, Buffer.alloc(100_000)).closed;
  await until(() => account?.bytes === idle);
  client.destroy();
  await until(() => budget.memory.bytes === 0);
});

test("the body of a request is kept until its answer", async () => {
  const budget = createBudget(unlimited, systemClock);
  const kept: number[] = [];
  const noteKept = () => void kept.push(budget.memory.bytes);
  const answer = { status: 200, headers: {}, body: "" };
  await using test = await startListener({
    budget,
    routes: {
      http() {
        noteKept();
        return answer;
      },
      upgrade: () => answer,
    },
  });
  const client = openHttp2Client(test.listener.port);
  await client.request({ ":method": "POST", ":path": "/" }, Buffer.alloc(10)).closed;
  await client.request({ ":method": "POST", ":path": "/" }, Buffer.alloc(100_010)).closed;
  assert.equal((kept[1] ?? 0) - (kept[0] ?? 0), 100_000);
  client.destroy();
});

test("calls beyond the turn of their connection wait, and keep their order", async () => {
  const { wishes, served } = waiting();
  await using test = await startListener(wishes);
  const numbers = Array.from({ length: streamsAtFirst }, (_, index) => String(index));
  const client = await openHostile(test);
  client.send(
    forStreams(streamsAtFirst, (stream) =>
      wholeCall(stream, "/wait", [header("x-number", String((stream - 1) / 2))]),
    ),
  );
  await until(() => served.length > 0);
  assert.ok(served.length < streamsAtFirst, "the others wait for a turn");
  await until(() => served.length === streamsAtFirst);
  assert.deepEqual(served, numbers);
  client.socket.destroy();
});

test("a client that does not close after the end of its session is cut", async () => {
  const { wishes } = waiting();
  const timeouts = { http2PingIntervalMs: 2_000, http2PingTimeoutMs: 1_000 };
  await using test = await startListener({ ...wishes, timeouts });
  const client = await openHostile(test);
  client.send(wholeCall(1, "/echo"));
  await client.until((received) => received.includes(answerOn(1)));
  client.socket.allowHalfOpen = true;
  const ended = once(client.socket, "end");
  test.listener.stopAccepting();
  await ended;
  test.clock.advance(2_000);
  await until(() => test.listener.status().connectionsOpen === 0);
  client.socket.destroy();
});
