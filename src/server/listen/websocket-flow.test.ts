import assert from "node:assert/strict";
import { test } from "node:test";
import { clientFrame, connectWebSocket, startListener, until } from "../../../testing/loopback.ts";
import { clientClose, closeFrame, frame, recording } from "../../../testing/recorded-websockets.ts";
import type { MessageSocket } from "./listener.ts";

test("a paused connection is not read until it is resumed", async () => {
  const { wishes, events, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  sockets[0]?.pause();
  client.send(clientFrame(1, "waiting"));
  // The server serves a second connection after the bytes of the first have arrived.
  const other = await connectWebSocket(test.listener.port);
  other.send(clientFrame(1, "other"));
  await other.until((text) => text === frame("other"));
  assert.deepEqual(events, ["other"]);
  sockets[0]?.resume();
  await client.until((text) => text === frame("waiting"));
  client.socket.destroy();
  other.socket.destroy();
});

const mebibyte = "x".repeat(1024 * 1024);

/** Sends much more than the kernel buffers for a client that does not read. */
function stuff(socket: MessageSocket): void {
  for (let count = 0; count < 60; count++) socket.send(mebibyte);
}

test("a peer that does not read is not read either, until it reads", async () => {
  const { wishes, events, sockets } = recording();
  await using test = await startListener({ ...wishes, limits: { unsentBytesMax: 32 * 2 ** 20 } });
  const client = await connectWebSocket(test.listener.port);
  client.socket.pause();
  const [socket] = sockets;
  assert.ok(socket);
  stuff(socket);
  test.listener.flush();
  client.send(clientFrame(1, "heard later"));
  const other = await connectWebSocket(test.listener.port);
  other.send(clientFrame(1, "other"));
  await other.until((text) => text === frame("other"));
  assert.deepEqual(events, ["other"]);
  client.socket.resume();
  await until(() => events.length === 2);
  assert.deepEqual(events, ["other", "heard later"]);
  client.socket.destroy();
  other.socket.destroy();
});

test("a peer that does not read from one ping to the next is closed", async () => {
  const { wishes, events, sockets } = recording();
  await using test = await startListener({
    ...wishes,
    limits: { unsentBytesMax: 32 * 2 ** 20 },
    timeouts: { pingIntervalMs: 30_000, closeMs: 10 },
  });
  const client = await connectWebSocket(test.listener.port);
  client.socket.pause();
  const [socket] = sockets;
  assert.ok(socket);
  stuff(socket);
  test.listener.flush();
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 0);
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 1);
  await until(() => events.length > 0);
  assert.deepEqual(events, ["closed"]);
  assert.equal(test.lines[0]?.reason, "peer_not_reading");
  client.socket.destroy();
});

for (const { how, closeMs, reads } of [
  { how: "reads all that was sent, and why there is no more", closeMs: 60_000, reads: true },
  { how: "is cut when it does not even read that", closeMs: 10, reads: false },
]) {
  test(`a peer that leaves four times the limit unread ${how}`, async () => {
    const { wishes, events, sockets } = recording();
    const limits = { unsentBytesMax: 2 ** 20 };
    await using test = await startListener({ ...wishes, limits, timeouts: { closeMs } });
    const client = await connectWebSocket(test.listener.port);
    client.socket.pause();
    const [socket] = sockets;
    assert.ok(socket);
    stuff(socket);
    assert.equal(test.listener.status().refusedTotal.peer_not_reading, 1);
    assert.equal(socket.send(""), false);
    if (reads) {
      client.socket.resume();
      const words = "too slow: what was sent is not read";
      await client.until((text) => text.endsWith(closeFrame(1013, words)));
      client.send(clientClose(1013));
    }
    await until(() => events.length > 0);
    assert.deepEqual(events, ["closed"]);
    client.socket.destroy();
  });
}

test("a peer that is silent from one ping to the next is cut, one that answers is not", async () => {
  const { wishes, events } = recording();
  await using test = await startListener(wishes);
  const silent = await connectWebSocket(test.listener.port);
  const answering = await connectWebSocket(test.listener.port);
  test.clock.advance(30_000);
  await silent.until((text) => text === "\x89\0");
  await answering.until((text) => text === "\x89\0");
  // The server reads the pong before it answers the message behind it.
  answering.send(Buffer.concat([clientFrame(10, ""), clientFrame(1, "a")]));
  await answering.until((text) => text.endsWith(frame("a")));
  test.clock.advance(30_000);
  assert.equal(await silent.closed(), "\x89\0");
  await answering.until((text) => text.endsWith("\x89\0"));
  assert.equal(test.listener.status().refusedTotal.peer_silent, 1);
  assert.equal(test.listener.status().webSocketsOpen, 1);
  assert.deepEqual(events, ["a", "closed"]);
  answering.socket.destroy();
});

test("a peer that we do not read is not taken for silent", async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  test.clock.advance(30_000);
  sockets[0]?.pause();
  test.clock.advance(90_000);
  sockets[0]?.resume();
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_silent, 0);
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_silent, 1);
  await client.closed();
});
