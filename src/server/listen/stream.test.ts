import assert from "node:assert/strict";
import { test } from "node:test";
import { connectRaw, startListener, until } from "../../../testing/loopback.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";
import type { MessageHandler, MessageSocket, Routes } from "./listener.ts";

/** Routes every stream to handlers made by `serve`. */
function serving(serve: (socket: MessageSocket) => MessageHandler) {
  return { routes: recordStreams({ stream: () => serve }).routes };
}

for (const blanks of ["", " ", "\t", "\r\n", "\n"]) {
  test(`a connection that begins with ${JSON.stringify(`${blanks}{`)} is a stream`, async () => {
    const { routes, clients, events } = recordStreams();
    await using test = await startListener({ routes });
    const client = await connectRaw(test.listener.port);
    client.send(`${blanks}{"é\0"`);
    await client.until((received) => received === `${blanks}{"\xc3\xa9\0"`);
    assert.deepEqual(clients, [{ remoteAddress: "127.0.0.1", isEncrypted: false }]);
    const { streamsOpen, webSocketsOpen, ...status } = test.listener.status();
    assert.equal(streamsOpen, 1);
    assert.equal(webSocketsOpen, 0);
    assert.equal(status.streamBytesReceivedTotal, blanks.length + 6);
    assert.equal(status.streamBytesSentTotal, blanks.length + 6);
    client.socket.end();
    await client.closed();
    await until(() => test.listener.status().streamsOpen === 0);
    assert.deepEqual(events.slice(-2), ["ended", "closed"]);
  });
}

test("a stream arrives whole and in order, byte by byte", async () => {
  const { routes, events } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  await client.sendByteByByte('{"method":"sys.ping"}\n');
  await client.until((received) => received.endsWith("\n"));
  assert.equal(events.join(""), '{"method":"sys.ping"}\n');
  client.socket.destroy();
});

test("what is sent in one turn leaves as one piece, and flush does not wait", async () => {
  const { routes, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  client.send("{");
  await client.until((received) => received === "{");
  const pieces: string[] = [];
  client.socket.on("data", (chunk) => pieces.push(chunk.toString("latin1")));
  for (const data of ["é", Buffer.of(0, 0xe9, 0xff), "", new Uint8Array(), "\n"]) {
    sockets[0]?.send(data);
  }
  await client.until((received) => received.endsWith("\n"));
  assert.deepEqual(pieces, ["\xc3\xa9\0\xe9\xff\n"]);

  sockets[0]?.send("flushed");
  test.listener.flush();
  sockets[0]?.send("later");
  await client.until((received) => received.endsWith("flushedlater"));
  client.socket.destroy();
});

test("texts and bytes of any size arrive whole", async () => {
  const { routes, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  client.send("{");
  await client.until((received) => received === "{");
  let length = 1;
  for (const size of [16 * 1024 - 1, 16 * 1024, 1024 * 1024]) {
    sockets[0]?.send("x".repeat(size));
    sockets[0]?.send(Buffer.alloc(size, "y"));
    length += 2 * size;
    await client.until((received) => received.length === length);
    assert.equal(client.received().slice(-2 * size), "x".repeat(size) + "y".repeat(size));
  }
  client.socket.destroy();
});

test("a close comes after what was sent, and nothing is heard or said after it", async () => {
  const events: string[] = [];
  await using test = await startListener(
    serving((socket) => ({
      message(data) {
        events.push(data.toString());
        socket.send("last words");
        socket.close(1000, "");
        assert.equal(socket.send(""), false);
        socket.send("never");
        socket.close(1002, "never");
        socket.pause();
      },
      ended: () => void events.push("ended"),
      closed: () => void events.push("closed"),
    })),
  );
  const client = await connectRaw(test.listener.port);
  client.socket.allowHalfOpen = true;
  client.send("{1");
  await new Promise((resolve) => client.socket.once("end", resolve));
  client.send("{2");
  client.socket.end();
  assert.equal(await client.closed(), "last words");
  await until(() => events.includes("closed"));
  assert.deepEqual(events, ["{1", "closed"]);
  assert.equal(test.listener.status().refusedTotal.stream_fault, 0);
});

test("a client that does not end after a close is cut in time", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({ routes, timeouts: { closeMs: 5000 } });
  const client = await connectRaw(test.listener.port);
  client.socket.allowHalfOpen = true;
  client.send("{");
  await client.until((received) => received === "{");
  sockets[0]?.close(1000, "");
  await new Promise((resolve) => client.socket.once("end", resolve));
  test.clock.advance(4999);
  assert.deepEqual(events, ["{"]);
  test.clock.advance(1);
  await until(() => events.length === 2);
  assert.deepEqual(events, ["{", "closed"]);
  client.socket.destroy();
});

for (const { code, count } of [
  { code: 1000, count: 0 },
  { code: 1001, count: 0 },
  { code: 1002, count: 1 },
  { code: 1007, count: 1 },
  { code: 1008, count: 1 },
  { code: 1009, count: 1 },
  { code: 1011, count: 0 },
]) {
  test(`a close with ${code} is ${count === 0 ? "no refusal" : "a refusal, with its reason in the log"}`, async () => {
    const { routes, sockets } = recordStreams();
    await using test = await startListener({ routes });
    const client = await connectRaw(test.listener.port);
    client.send("{");
    await client.until((received) => received === "{");
    sockets[0]?.close(code, "not JSON");
    await client.closed();
    assert.equal(test.listener.status().refusedTotal.stream_fault, count);
    assert.deepEqual(
      test.lines.map(({ reason, fault, remoteAddress }) => [reason, fault, remoteAddress]),
      count === 0 ? [] : [["stream_fault", "not JSON", "127.0.0.1"]],
    );
  });
}

test("a client that ends its side gets the answer that is still to come", async () => {
  let answer: (() => void) | undefined;
  await using test = await startListener(
    serving((socket) => ({
      message() {},
      ended() {
        answer = () => {
          socket.send("answer");
          socket.close(1000, "");
        };
      },
      closed() {},
    })),
  );
  const client = await connectRaw(test.listener.port);
  client.socket.allowHalfOpen = true;
  client.socket.end("{}");
  await until(() => answer !== undefined);
  assert.equal(client.received(), "");
  answer?.();
  assert.equal(await client.closed(), "answer");
});

test("a handler that does not care for the end of input keeps nothing open", async () => {
  const events: string[] = [];
  await using test = await startListener(
    serving((socket) => ({
      message: (data) => socket.send(data),
      closed: () => void events.push("closed"),
    })),
  );
  const client = await connectRaw(test.listener.port);
  client.socket.end("{}");
  assert.equal(await client.closed(), "{}");
  await until(() => events.length === 1);
});

test("a client that resets the connection is closed once", async () => {
  const { routes, events, sockets } = recordStreams();
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  client.send("{");
  await client.until((received) => received === "{");
  client.socket.resetAndDestroy();
  await until(() => events.length === 2);
  sockets[0]?.send("to nobody");
  sockets[0]?.pause();
  sockets[0]?.resume();
  sockets[0]?.close(1002, "");
  assert.deepEqual(events, ["{", "closed"]);
  assert.equal(sockets[0]?.send(""), false);
  await until(() => test.listener.status().connectionsOpen === 0);
});

test("a handler that fails ends its own stream and no other", async () => {
  await using test = await startListener(
    serving((socket) => ({
      message(data) {
        if (data.toString() === "{boom") throw new Error("boom");
        socket.send("fine");
      },
      ended() {
        throw new Error("boom");
      },
      closed() {
        throw new Error("boom");
      },
    })),
  );
  const failing = await connectRaw(test.listener.port);
  const ending = await connectRaw(test.listener.port);
  const other = await connectRaw(test.listener.port);
  failing.send("{boom");
  ending.socket.end("{");
  await failing.closed();
  assert.equal(await ending.closed(), "fine");
  other.send("{hello");
  await other.until((received) => received === "fine");
  other.socket.destroy();
  // One for each message and end, and one for each connection that closed.
  await until(() => test.lines.length === 5);
});

test("a route that fails to judge or to accept ends the connection and no other", async () => {
  const fail = () => {
    throw new Error("boom");
  };
  for (const stream of [fail, () => fail]) {
    await using test = await startListener({ routes: recordStreams({ stream }).routes });
    const client = await connectRaw(test.listener.port);
    client.send("{");
    assert.equal(await client.closed(), "");
    await until(() => test.listener.status().connectionsOpen === 0);
    assert.equal(test.listener.status().streamsOpen, 0);
    assert.equal(test.lines.length, 1);
  }
});

test("a stream that the route refuses gets a line of JSON", async () => {
  const stream: Routes["stream"] = () => undefined;
  await using test = await startListener({ routes: recordStreams({ stream }).routes });
  const client = await connectRaw(test.listener.port);
  client.send('{"method":"sys.ping"}\n');
  client.socket.end();
  assert.equal(typeof JSON.parse(await client.closed()).error, "string");
  assert.equal(test.listener.status().refusedTotal.json_stream, 1);
});

test("when the listener stops accepting, streams go on, and a close ends them", async () => {
  const { routes, events } = recordStreams();
  const test = await startListener({ routes, timeouts: { closeMs: 5000 } });
  const polite = await connectRaw(test.listener.port);
  const mute = await connectRaw(test.listener.port);
  mute.socket.allowHalfOpen = true;
  for (const client of [polite, mute]) {
    client.send("{");
    await client.until((received) => received === "{");
  }
  test.listener.stopAccepting();
  polite.send("more");
  await polite.until((received) => received === "{more");

  const closing = test.listener.close();
  await polite.closed();
  await until(() => test.listener.status().streamsOpen === 1);
  test.clock.advance(5000);
  await closing;
  assert.deepEqual(events, ["{", "{", "more", "closed", "closed"]);
  assert.equal(test.listener.status().connectionsOpen, 0);
  mute.socket.destroy();
});
