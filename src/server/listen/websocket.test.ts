import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  startListener,
  until,
  upgradeRequest,
} from "../../../testing/loopback.ts";
import {
  clientClose,
  closeFrame,
  frame,
  recording,
  refused,
  serving,
} from "../../../testing/recorded-websockets.ts";
import type { HttpResponse } from "../../protocols/protocol.ts";

test("the subprotocol is the one that the route chooses of those offered, if any", async () => {
  const choices: unknown[] = [];
  await using test = await startListener({
    routes: {
      http: () => refused,
      upgrade: () => () => ({ message() {}, closed() {} }),
      subprotocol(path, offered) {
        choices.push([path, ...offered]);
        return offered.has("superchat") ? "superchat" : undefined;
      },
    },
  });
  for (const { offer, chosen } of [
    { offer: "chat, superchat", chosen: ["Sec-WebSocket-Protocol: superchat"] },
    { offer: "chat", chosen: [] },
  ]) {
    const client = await connectRaw(test.listener.port);
    client.send(upgradeRequest("/talk?x", `Sec-WebSocket-Protocol: ${offer}`));
    const received = await client.until((text) => text.endsWith("\r\n\r\n"));
    const lines = received.split("\r\n").filter((line) => line.includes("Protocol:"));
    assert.deepEqual(lines, chosen);
    client.socket.destroy();
  }
  assert.deepEqual(choices, [
    ["/talk", "chat", "superchat"],
    ["/talk", "chat"],
  ]);
});

test("an upgrade that says that its body has no bytes is an upgrade", async () => {
  await using test = await startListener(recording().wishes);
  const client = await connectRaw(test.listener.port);
  client.send(upgradeRequest("/", "Content-Length: 0"));
  await client.until((text) => text.startsWith("HTTP/1.1 101 "));
  client.socket.destroy();
});

test("the handshake is that of RFC 6455, without subprotocol or extension", async () => {
  await using test = await startListener(recording().wishes);
  const client = await connectRaw(test.listener.port);
  const offers =
    "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: permessage-deflate";
  client.send(upgradeRequest("/", offers));
  const received = await client.until((text) => text.endsWith("\r\n\r\n"));
  assert.deepEqual(received.split("\r\n"), [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "",
    "",
  ]);
  client.socket.destroy();
});

test("the route's refusal is a plain answer with a length, and the connection ends", async () => {
  const answer = { status: 400, headers: { "Content-Type": "text/plain" }, body: "no namespacé" };
  await using test = await startListener({
    routes: { http: () => refused, upgrade: () => answer },
  });
  const client = await connectRaw(test.listener.port);
  client.send(upgradeRequest("/v1"));
  const received = await client.closed();
  assert.match(received, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain\r\n/);
  assert.match(received, /\r\nContent-Length: 13\r\nConnection: close\r\n\r\n/);
});

test("the route sees the path, the query and the headers of an upgrade", async () => {
  const seen: unknown[] = [];
  await using test = await startListener({
    routes: {
      http: () => refused,
      upgrade({ method, path, query, headers }) {
        seen.push(method, path, query, headers["sec-websocket-version"]);
        return refused;
      },
    },
  });
  const client = await connectRaw(test.listener.port);
  client.send(upgradeRequest("/v1?namespace=a"));
  await client.closed();
  assert.deepEqual(seen, ["GET", "/v1", "namespace=a", "13"]);
});

const handshakes: ReadonlyArray<{ what: string; request: string; status: number }> = [
  { what: "of another version", request: upgradeRequest("/").replace("13", "7"), status: 400 },
  { what: "with a bad key", request: upgradeRequest("/").replace("dGhl", "!!"), status: 400 },
  { what: "by POST", request: upgradeRequest("/").replace("GET", "POST"), status: 405 },
];

for (const { what, request, status } of handshakes) {
  test(`a handshake ${what} is answered ${status} and reaches no handler`, async () => {
    const { wishes, sockets } = recording();
    await using test = await startListener(wishes);
    const client = await connectRaw(test.listener.port);
    client.send(request);
    const received = await client.closed();
    assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(received, /\r\nSec-WebSocket-Version: 13\r\n/);
    assert.equal(test.listener.status().refusedTotal.handshake, 1);
    assert.equal(sockets.length, 0);
  });
}

const origins: ReadonlyArray<{ origin: string; allowed: readonly string[]; status: number }> = [
  { origin: "http://localhost", allowed: [], status: 101 },
  { origin: "http://evil.test", allowed: [], status: 403 },
  { origin: "null", allowed: ["http://good.test"], status: 403 },
  { origin: "http://good.test", allowed: ["http://good.test"], status: 101 },
  { origin: "http://evil.test", allowed: ["*"], status: 101 },
];

for (const { origin, allowed, status } of origins) {
  test(`a page of ${origin} is answered ${status} where [${allowed}] are allowed`, async () => {
    await using test = await startListener({ ...recording().wishes, allowedOrigins: allowed });
    const client = await connectRaw(test.listener.port);
    client.send(upgradeRequest("/", `Origin: ${origin}`));
    const received = await client.until((text) => text.includes("\r\n\r\n"));
    assert.equal(received.slice(9, 12), String(status));
    assert.equal(test.listener.status().refusedTotal.origin, status === 403 ? 1 : 0);
    client.socket.destroy();
  });
}

test("the route's own refusal comes before that of the origin", async () => {
  await using test = await startListener({});
  const client = await connectRaw(test.listener.port);
  client.send(upgradeRequest("/", "Origin: http://evil.test"));
  assert.match(await client.closed(), /^HTTP\/1\.1 404 /);
});

test("an upgrade behind a request that waits for its answer is a plain request", async () => {
  const http = () => new Promise<HttpResponse>((resolve) => setImmediate(() => resolve(refused)));
  await using test = await startListener({
    routes: { http, upgrade: () => assert.fail("upgraded") },
  });
  const client = await connectRaw(test.listener.port);
  client.send(`GET / HTTP/1.1\r\nHost: test\r\n\r\n${upgradeRequest("/")}`);
  const isWhole = (text: string) => text.match(/HTTP\/1\.1 404 /g)?.length === 2;
  await client.until(isWhole);
  client.socket.destroy();
});

const feeds: ReadonlyArray<{ how: string; byteByByte: boolean }> = [
  { how: "glued together", byteByByte: false },
  { how: "byte by byte", byteByByte: true },
];

for (const { how, byteByByte } of feeds) {
  test(`text, binary, fragments and a ping between them are read ${how}`, async () => {
    const { wishes, events } = recording();
    await using test = await startListener(wishes);
    const client = await connectRaw(test.listener.port);
    const bytes = Buffer.concat([
      Buffer.from(upgradeRequest("/")),
      clientFrame(1, "text é"),
      clientFrame(2, "binary"),
      clientFrame(1, "in ", { isFinal: false }),
      clientFrame(9, "ping"),
      clientFrame(0, "two"),
      clientFrame(1, ""),
      clientClose(1000),
    ]);
    if (byteByByte) await client.sendByteByByte(bytes);
    else client.send(bytes);
    const received = await client.closed();
    await until(() => events.includes("closed"));
    assert.deepEqual(events, ["text é", "binary", "in two", "", "closed"]);
    const frames = received.slice(received.indexOf("\r\n\r\n") + 4);
    const pong = "\x8a\x04ping";
    assert.ok(frames.includes(pong), "the ping is answered, in this turn or a later one");
    assert.equal(
      frames.replace(pong, ""),
      `\x81\x07text \xc3\xa9${frame("binary")}${frame("in two")}${frame("")}${closeFrame(1000)}`,
    );
  });
}

test("an upgrade with a body is a plain request", async () => {
  const http = () => refused;
  await using test = await startListener({
    routes: { http, upgrade: () => assert.fail("upgraded") },
  });
  const client = await connectRaw(test.listener.port);
  client.send(`${upgradeRequest("/", "Content-Length: 4")}body`);
  await client.until((text) => text.startsWith("HTTP/1.1 404 "));
  client.socket.destroy();
});

test("an upgrade that arrives byte by byte together with its first message is served", async () => {
  const { wishes, events } = recording();
  await using test = await startListener(wishes);
  const client = await connectRaw(test.listener.port);
  await client.sendByteByByte(upgradeRequest("/"));
  client.send(clientFrame(1, "first"));
  await until(() => events.length > 0);
  assert.deepEqual(events, ["first"]);
  client.socket.destroy();
});

test("what is sent in one turn leaves as one piece, in order, and flush does not wait", async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  const [socket] = sockets;
  assert.ok(socket);
  const pieces: string[] = [];
  client.socket.on("data", (chunk) => pieces.push(chunk.toString("latin1")));

  const texts = Array.from({ length: 100 }, (_, index) => `answer ${index}`);
  for (const text of texts) socket.send(text);
  await client.until((received) => received.endsWith("answer 99"));
  assert.deepEqual(pieces, [texts.map(frame).join("")]);

  socket.send("flushed");
  test.listener.flush();
  socket.send("later");
  await client.until((received) => received.endsWith("later"));
  assert.equal(pieces.slice(1).join(""), frame("flushed") + frame("later"));
  assert.equal(test.listener.status().messagesSentTotal, 102);
  client.socket.destroy();
});

test("texts and bytes that are sent in one turn leave as one piece, in order", async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  const pieces: string[] = [];
  client.socket.on("data", (chunk) => pieces.push(chunk.toString("latin1")));
  for (const data of ["é", Buffer.of(0, 0xe9, 0xff), "", new Uint8Array()]) sockets[0]?.send(data);
  await client.until((received) => received.endsWith("\x82\0"));
  assert.deepEqual(pieces, ["\x81\x02\xc3\xa9\x82\x03\0\xe9\xff\x81\0\x82\0"]);
  client.socket.destroy();
});

test("bytes of any size arrive whole", async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  for (const size of [16 * 1024 - 1, 16 * 1024, 65_536]) {
    const bytes = Buffer.alloc(size, 0xe9);
    sockets[0]?.send(bytes);
    await client.until((received) => received.endsWith(bytes.toString("latin1")));
  }
  assert.equal(client.received().length, 16_383 + 4 + 16_384 + 4 + 65_536 + 10);
  client.socket.destroy();
});

const faults: ReadonlyArray<{ what: string; bytes: Buffer; code: number }> = [
  { what: "an unmasked frame", bytes: Buffer.of(0x81, 1, 0x61), code: 1002 },
  { what: "a reserved opcode", bytes: clientFrame(3, ""), code: 1002 },
  { what: "a reserved bit", bytes: clientFrame(0x41, "a"), code: 1002 },
  { what: "a continuation of nothing", bytes: clientFrame(0, "a"), code: 1002 },
  { what: "a long ping", bytes: clientFrame(9, "x".repeat(126)), code: 1002 },
  { what: "an illegal close code", bytes: clientClose(1005), code: 1002 },
  { what: "text that is not UTF-8", bytes: clientFrame(1, Buffer.of(0xc3, 0x28)), code: 1007 },
  { what: "a message that is too long", bytes: clientFrame(1, "x".repeat(101)), code: 1009 },
  {
    what: "a header that announces 8 EiB",
    bytes: Buffer.from("81ff7fffffffffffffff00000000", "hex"),
    code: 1009,
  },
  {
    what: "fragments that add up to too much",
    bytes: Buffer.concat([
      clientFrame(1, "x".repeat(60), { isFinal: false }),
      clientFrame(0, "x".repeat(60), { isFinal: false }),
    ]),
    code: 1009,
  },
  {
    what: "fragments without end",
    bytes: Buffer.concat([
      clientFrame(1, "", { isFinal: false }),
      ...Array.from({ length: 5000 }, () => clientFrame(0, "", { isFinal: false })),
    ]),
    code: 1008,
  },
];

for (const { what, bytes, code } of faults) {
  test(`${what} is answered by the messages before it and close ${code}`, async () => {
    const { wishes, events } = recording();
    await using test = await startListener({ ...wishes, limits: { messageBytesMax: 100 } });
    const client = await connectWebSocket(test.listener.port);
    client.send(Buffer.concat([clientFrame(1, "before"), bytes, clientFrame(1, "after")]));
    await client.until((text) => text === frame("before") + closeFrame(code));
    client.socket.end();
    await until(() => events.includes("closed"));
    assert.deepEqual(events, ["before", "closed"]);
    assert.equal(test.listener.status().refusedTotal.websocket_fault, 1);
  });
}

test("a message as long as allowed is taken", async () => {
  const { wishes, events } = recording();
  await using test = await startListener({ ...wishes, limits: { messageBytesMax: 100 } });
  const client = await connectWebSocket(test.listener.port);
  client.send(clientFrame(1, "x".repeat(100)));
  await until(() => events.length > 0);
  client.socket.destroy();
});

test("a client's close frame is echoed with its code, or without one", async () => {
  await using test = await startListener(recording().wishes);
  for (const { sent, echoed } of [
    { sent: clientClose(1000), echoed: closeFrame(1000) },
    { sent: clientClose(4321), echoed: closeFrame(4321) },
    { sent: clientFrame(8, ""), echoed: "\x88\0" },
  ]) {
    const client = await connectWebSocket(test.listener.port);
    client.send(sent);
    assert.equal(await client.closed(), echoed);
  }
});

test("a close comes after what was sent, and nothing is heard or said after it", async () => {
  const events: string[] = [];
  await using test = await startListener(
    serving((socket) => ({
      message(data) {
        events.push(data.toString());
        socket.send("communication error: no");
        socket.close(3000, "");
        socket.send("never");
        socket.close(3001, "");
      },
      closed: () => void events.push("closed"),
    })),
  );
  const client = await connectWebSocket(test.listener.port);
  const messages = [clientFrame(1, "one"), clientFrame(1, "two"), clientFrame(9, "")];
  client.send(Buffer.concat([...messages, clientClose(3000)]));
  assert.equal(await client.closed(), frame("communication error: no") + closeFrame(3000));
  await until(() => events.length === 2);
  assert.deepEqual(events, ["one", "closed"]);
});

test("a reason that is too long is cut between two characters", async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener(wishes);
  const client = await connectWebSocket(test.listener.port);
  sockets[0]?.close(1000, "é".repeat(100));
  const received = await client.until((text) => text.length > 4);
  assert.equal(received.charCodeAt(1), 2 + 122);
  client.socket.destroy();
});

test("a paused connection that is closed hears the peer's answer", {
  timeout: 10_000,
}, async () => {
  const { wishes, sockets } = recording();
  await using test = await startListener({ ...wishes, timeouts: { closeMs: 60_000 } });
  const client = await connectWebSocket(test.listener.port);
  sockets[0]?.pause();
  sockets[0]?.close(1000, "");
  client.send(clientClose(1000));
  assert.equal(await client.closed(), closeFrame(1000));
});

test("a peer that does not answer a close is cut", async () => {
  const { wishes, events, sockets } = recording();
  await using test = await startListener({ ...wishes, timeouts: { closeMs: 10 } });
  const client = await connectWebSocket(test.listener.port);
  sockets[0]?.close(1000, "bye");
  assert.equal(await client.closed(), closeFrame(1000, "bye"));
  await until(() => events.length > 0);
  assert.deepEqual(events, ["closed"]);
});

for (const how of ["end", "resetAndDestroy"] as const) {
  test(`a client that goes without a close frame (${how}) is closed once`, async () => {
    const { wishes, events, sockets } = recording();
    await using test = await startListener(wishes);
    const client = await connectWebSocket(test.listener.port);
    client.send(clientFrame(1, "last words"));
    await until(() => events.length > 0);
    client.socket[how]();
    await until(() => test.listener.status().webSocketsOpen === 0);
    assert.deepEqual(events, ["last words", "closed"]);
    sockets[0]?.send("to nobody");
    sockets[0]?.pause();
    sockets[0]?.close(1000, "");
    assert.deepEqual(events, ["last words", "closed"]);
  });
}

test("a handler that fails ends its own connection with 1011 and no other", async () => {
  await using test = await startListener(
    serving((socket) => ({
      message(data) {
        if (data.toString() === "boom") throw new Error("boom");
        socket.send("fine");
      },
      closed() {
        throw new Error("boom");
      },
    })),
  );
  const failing = await connectWebSocket(test.listener.port);
  const other = await connectWebSocket(test.listener.port);
  failing.send(clientFrame(1, "boom"));
  await failing.until((text) => text === closeFrame(1011, "internal error"));
  failing.socket.end();
  await failing.closed();
  other.send(clientFrame(1, "hello"));
  await other.until((text) => text === frame("fine"));
  other.socket.destroy();
  await until(() => test.lines.length === 3);
});

test("a route that fails to judge or to accept ends the connection and no other", async () => {
  const upgrades = [
    () => {
      throw new Error("boom");
    },
    () => () => {
      throw new Error("boom");
    },
  ];
  for (const upgrade of upgrades) {
    await using test = await startListener({ routes: { http: () => refused, upgrade } });
    const client = await connectRaw(test.listener.port);
    client.send(upgradeRequest("/"));
    const isTold = (text: string) => /^HTTP\/1\.1 500 |internal error$/.test(text);
    await client.until(isTold);
    client.socket.destroy();
  }
});
