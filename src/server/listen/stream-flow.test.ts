import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import { connectRaw, type RawClient, startListener, until } from "../../../testing/loopback.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";
import { createHandshakes } from "../tls/handshakes.ts";
import type { MessageSocket } from "./listener.ts";

const mebibyte = "x".repeat(1024 * 1024);

/** Sends much more than the kernel buffers for a client that does not read. */
function stuff(socket: MessageSocket | undefined): void {
  for (let count = 0; count < 60; count++) socket?.send(mebibyte);
}

/** A client whose stream is open. */
async function connectStream(port: number, tls?: ConnectionOptions): Promise<RawClient> {
  const client = await connectRaw(port, tls);
  client.send("{");
  await client.until((received) => received === "{");
  return client;
}

test("a paused stream is not read until it is resumed", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectStream(test.listener.port);
  sockets[0]?.pause();
  client.send("waiting");
  // The server serves a second connection after the bytes of the first have arrived.
  const other = await connectStream(test.listener.port);
  assert.deepEqual(events, ["{", "{"]);
  sockets[0]?.resume();
  await client.until((received) => received === "{waiting");
  client.socket.destroy();
  other.socket.destroy();
});

test("of a client that sends on to a paused stream only a few buffers are kept", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectStream(test.listener.port);
  sockets[0]?.pause();
  client.socket.write(Buffer.alloc(64 * 1024 * 1024));
  const other = await connectStream(test.listener.port);
  other.send("other");
  await other.until((received) => received === "{other");
  assert.ok(client.socket.writableLength > 32 * 1024 * 1024);
  assert.deepEqual(events, ["{", "{", "other"]);
  client.socket.destroy();
  other.socket.destroy();
});

test("a stream may be paused and closed by the function that opens it", async () => {
  const events: string[] = [];
  const { routes } = recordStreams({
    stream: () => (socket) => {
      socket.pause();
      socket.send("no");
      socket.close(1008, "not now");
      return {
        message: () => assert.fail("it was closed"),
        closed: () => void events.push("closed"),
      };
    },
  });
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  client.send("{}");
  assert.equal(await client.closed(), "no");
  await until(() => events.length === 1);
  assert.equal(test.listener.status().refusedTotal.stream_fault, 1);
});

test("a client that does not read is not read either, until it reads", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({ routes, limits: { unsentBytesMax: 32 * 2 ** 20 } });
  const client = await connectStream(test.listener.port);
  client.socket.pause();
  stuff(sockets[0]);
  test.listener.flush();
  client.send("heard later");
  const other = await connectStream(test.listener.port);
  assert.deepEqual(events, ["{", "{"]);
  client.socket.resume();
  await until(() => events.length === 3);
  assert.equal(events[2], "heard later");
  client.socket.destroy();
  other.socket.destroy();
});

test("a client that does not read from one sweep to the next is closed", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({
    routes,
    limits: { unsentBytesMax: 32 * 2 ** 20 },
    timeouts: { pingIntervalMs: 30_000, closeMs: 5000 },
  });
  const client = await connectStream(test.listener.port);
  client.socket.pause();
  stuff(sockets[0]);
  test.listener.flush();
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 0);
  test.clock.advance(30_000);
  assert.equal(test.listener.status().refusedTotal.peer_not_reading, 1);
  assert.equal(sockets[0]?.send(""), false);
  test.clock.advance(5000);
  await until(() => events.length > 1);
  assert.deepEqual(events, ["{", "closed"]);
  assert.equal(test.lines[0]?.reason, "peer_not_reading");
  client.socket.destroy();
});

for (const reads of [true, false]) {
  test(`a client that leaves four times the limit unread ${reads ? "may still read it" : "is cut"}`, async () => {
    const { routes, events, sockets } = recordStreams();
    await using test = await startListener({ routes, limits: { unsentBytesMax: 2 ** 20 } });
    const client = await connectStream(test.listener.port);
    client.socket.pause();
    stuff(sockets[0]);
    assert.equal(test.listener.status().refusedTotal.peer_not_reading, 1);
    assert.equal(sockets[0]?.send(""), false);
    const sent = test.listener.status().streamBytesSentTotal;
    if (reads) {
      client.socket.resume();
      assert.equal((await client.closed()).length, sent);
    } else {
      test.clock.advance(5000);
    }
    await until(() => events.length > 1);
    assert.deepEqual(events, ["{", "closed"]);
    client.socket.destroy();
  });
}

test("a client that is silent for a month is not cut", async () => {
  const { routes, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectStream(test.listener.port);
  for (let day = 0; day < 31; day++) test.clock.advance(24 * 3600 * 1000);
  sockets[0]?.send("task");
  await client.until((received) => received === "{task");
  assert.deepEqual(test.lines, []);
  client.socket.destroy();
});

const isLinux = process.platform === "linux";

for (const isEncrypted of [false, true]) {
  test(`the kernel watches over a silent client ${isEncrypted ? "inside TLS" : "in clear text"}`, {
    skip: !isLinux,
  }, async () => {
    const { certificate: ca, issue } = createAuthority("authority");
    const { certificate: cert, key } = issue();
    await using test = await startListener({
      routes: recordStreams().routes,
      handshakes: isEncrypted
        ? createHandshakes({ cert, key }, { needsClientCertificate: false })
        : undefined,
    });
    const { port } = test.listener;
    const client = await connectStream(
      port,
      isEncrypted ? { ca, servername: "localhost" } : undefined,
    );
    // Once every byte is acknowledged.
    await until(() => isKeptAlive(port));
    client.socket.destroy();
  });
}

/** Whether a connection accepted at the port waits for the timer of TCP's keepalive; proc(5). */
function isKeptAlive(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const established = "01";
  const keepalive = "02";
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, address, , state, , timer]) =>
        address === local && state === established && timer?.startsWith(`${keepalive}:`),
    );
}
