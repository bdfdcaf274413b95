import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type ListenerWishes,
  startListener,
  until,
  upgradeRequest,
} from "../../../testing/loopback.ts";
import type { HttpResponse } from "../../protocols/protocol.ts";

const get = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
const ok: HttpResponse = { status: 200, headers: {}, body: "ok" };

const serving: ListenerWishes = {
  routes: {
    http: () => ok,
    upgrade: () => (socket) => ({
      message: (data) => socket.send(data.toString()),
      closed() {},
    }),
  },
};

test("a listener tells the address it got", async () => {
  await using test = await startListener(serving);
  assert.deepEqual(test.listener.hosts, ["127.0.0.1"]);
  assert.notEqual(test.listener.port, 0);
});

test("a port that is taken rejects with the error of the operating system", async () => {
  await using test = await startListener(serving);
  const { port } = test.listener;
  await assert.rejects(startListener({ ...serving, port }), { code: "EADDRINUSE", port });
});

test("a JSON stream is refused with a line of JSON", async () => {
  await using test = await startListener(serving);
  const client = await connectRaw(test.listener.port);
  client.send('{"method":"sys.ping"}\n');
  client.socket.end();
  assert.equal(typeof JSON.parse(await client.closed()).error, "string");
  assert.equal(test.listener.status().refusedTotal.json_stream, 1);
  await until(() => test.listener.status().connectionsOpen === 0);
});

test("TLS is cut, and the log says what to do", async () => {
  await using test = await startListener(serving);
  const client = await connectRaw(test.listener.port);
  client.send(Buffer.of(0x16, 0x03, 0x01, 0x02, 0x00));
  assert.equal(await client.closed(), "");
  assert.match(String(test.lines[0]?.msg), /TLS/);
});

test("a refused client that neither reads on nor ends is cut after the time for closing", async () => {
  await using test = await startListener({ ...serving, timeouts: { closeMs: 5000 } });
  const client = await connectRaw(test.listener.port);
  client.socket.allowHalfOpen = true;
  client.send("{");
  await client.until((said) => said.endsWith("\n"));
  assert.equal(test.listener.status().connectionsOpen, 1);
  test.clock.advance(5000);
  await until(() => test.listener.status().connectionsOpen === 0);
  client.socket.destroy();
});

const undecided: readonly string[] = ["", "P", "PRI * HTTP/2", "\x16"];

for (const bytes of undecided) {
  test(`a connection that says only ${JSON.stringify(bytes)} is cut in time`, async () => {
    await using test = await startListener({ ...serving, timeouts: { firstByteMs: 10_000 } });
    const client = await connectRaw(test.listener.port);
    client.send(bytes);
    await until(() => test.listener.status().connectionsOpen === 1);
    test.clock.advance(9999);
    assert.equal(test.listener.status().refusedTotal.first_byte_timeout, 0);
    test.clock.advance(1);
    assert.equal(test.listener.status().refusedTotal.first_byte_timeout, 1);
    await client.closed();
  });
}

test("a connection that has said what it speaks has no first byte to wait for", async () => {
  await using test = await startListener(serving);
  const client = await connectWebSocket(test.listener.port);
  test.clock.advance(29_999);
  client.send(clientFrame(1, "still here"));
  await client.until((said) => said.endsWith("still here"));
  client.socket.destroy();
});

test("a client that ends before it said anything leaves no trace", async () => {
  await using test = await startListener(serving);
  const client = await connectRaw(test.listener.port);
  client.socket.end("P");
  await client.closed();
  await until(() => test.listener.status().connectionsOpen === 0);
  test.clock.advance(60_000);
  assert.deepEqual(test.lines, []);
});

const caps = ["connectionsMax", "connectionsPerAddressMax"] as const;

for (const cap of caps) {
  test(`beyond ${cap} a client is told 503, until another leaves`, async () => {
    await using test = await startListener({ ...serving, limits: { [cap]: 2 } });
    const first = await connectWebSocket(test.listener.port);
    const second = await connectWebSocket(test.listener.port);
    for (let count = 0; count < 3; count++) {
      const third = await connectRaw(test.listener.port);
      third.send(get);
      assert.match(await third.closed(), /^HTTP\/1\.1 503 [\s\S]*too many connections\n$/);
    }
    const { connectionsOpen, acceptedTotal, refusedTotal } = test.listener.status();
    assert.equal(connectionsOpen, 2);
    assert.equal(acceptedTotal, 2);
    assert.equal(refusedTotal.connections_max + refusedTotal.address_connections_max, 3);
    assert.equal(test.lines.length, 1);

    first.socket.end();
    await until(() => test.listener.status().connectionsOpen === 1);
    const fourth = await connectWebSocket(test.listener.port);
    fourth.socket.destroy();
    second.socket.destroy();
  });
}

test("of a storm of connections beyond the cap only 64 at a time are told and held", async () => {
  await using test = await startListener({ ...serving, limits: { connectionsMax: 0 } });
  // The clients do not read, so they do not see that the server has closed.
  const storm = Array.from({ length: 200 }, () => connect(test.listener.port, "127.0.0.1"));
  await until(() => test.listener.status().refusedTotal.connections_max === 200);
  const words = await Promise.all(storm.map((socket) => text(socket)));
  assert.equal(words.filter((said) => said.startsWith("HTTP/1.1 503 ")).length, 64);
  assert.equal(words.filter((said) => said === "").length, 136);
});

test("when it stops accepting, idle connections end and what is in flight is answered", async () => {
  let answer: () => void = () => {};
  const http = () =>
    new Promise<HttpResponse>((resolve) => {
      answer = () => resolve(ok);
    });
  await using test = await startListener({
    ...serving,
    routes: { http, upgrade: () => () => ({ message() {}, closed() {} }) },
  });
  const { port } = test.listener;
  const idle = await connectRaw(port);
  idle.send(get);
  await until(() => test.listener.status().requestsTotal === 1);
  answer();
  await idle.until((said) => said.endsWith("ok"));
  const asking = await connectRaw(port);
  asking.send(get);
  await until(() => test.listener.status().requestsTotal === 2);
  const silent = await connectRaw(port);
  const webSocket = await connectWebSocket(port);

  test.listener.stopAccepting();
  await idle.closed();
  await silent.closed();
  await assert.rejects(connectRaw(port), { code: "ECONNREFUSED" });
  assert.equal(test.listener.status().webSocketsOpen, 1);
  answer();
  assert.match(await asking.closed(), /\r\nConnection: close\r\n[\s\S]*ok$/);
  webSocket.socket.destroy();
});

test("an upgrade that comes when it has stopped accepting is refused", async () => {
  await using test = await startListener(serving);
  const client = await connectRaw(test.listener.port);
  const request = upgradeRequest("/");
  client.send(request.slice(0, 10));
  // When another request has its answer, the beginning has arrived.
  const other = await connectWebSocket(test.listener.port);
  test.listener.stopAccepting();
  client.send(request.slice(10));
  assert.match(await client.closed(), /^HTTP\/1\.1 503 /);
  other.socket.destroy();
});

test("a close tells WebSockets 1001, waits for those that answer, and cuts the rest", async () => {
  const test = await startListener({ ...serving, timeouts: { closeMs: 5000 } });
  const polite = await connectWebSocket(test.listener.port);
  const mute = await connectRaw(test.listener.port);
  mute.socket.allowHalfOpen = true;
  mute.send("GET / HT");
  const closing = test.listener.close();
  await polite.until((said) => said.endsWith("stopping"));
  assert.equal(polite.received().slice(0, 4), "\x88\x18\x03\xe9");
  polite.send(clientFrame(8, Buffer.of(0x03, 0xe9)));
  await polite.closed();
  await until(() => test.listener.status().connectionsOpen === 1);
  test.clock.advance(5000);
  await closing;
  await mute.closed();
  assert.equal(test.listener.status().connectionsOpen, 0);
});

test("a close waits for the goodbyes, but not beyond its time", async () => {
  const test = await startListener({ ...serving, timeouts: { closeMs: 5000 } });
  const goodbyes = Promise.withResolvers<void>();
  const client = await connectWebSocket(test.listener.port);
  const other = await connectWebSocket(test.listener.port);
  const closing = test.listener.close(goodbyes.promise);
  // Both are still served.
  other.send(clientFrame(8, Buffer.of(0x03, 0xe9)));
  await other.closed();
  assert.equal(client.received(), "");
  test.clock.advance(5000);
  await client.closed();
  goodbyes.resolve();
  await closing;
});

test("a listener that was closed leaves its port, and may be closed again", async () => {
  const test = await startListener(serving);
  await test.listener.close();
  await test.listener.close();
  const next = createServer().listen(test.listener.port, "127.0.0.1");
  await new Promise((resolve, reject) => next.once("listening", resolve).once("error", reject));
  next.close();
});
