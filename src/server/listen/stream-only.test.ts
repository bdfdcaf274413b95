import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import { connectRaw, startListener, until } from "../../../testing/loopback.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";
import { createHandshakes } from "../tls/handshakes.ts";

const authority = createAuthority("authority");
const own = authority.issue();
const tlsClient: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };
const handshakes = () =>
  createHandshakes({ cert: own.certificate, key: own.key }, { needsClientCertificate: false });

const nobodyElse = () => assert.fail("this port serves streams only");

function recordOnly() {
  return recordStreams({ isStreamOnly: true, http: nobodyElse, upgrade: nobodyElse });
}

for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n", "\x16\x03\x01", "P", "{"]) {
  test(`on a port for streams only, ${JSON.stringify(bytes)} opens one, too`, async () => {
    const { routes, events } = recordOnly();
    await using test = await startListener({ routes });
    const client = await connectRaw(test.listener.port);
    client.send(bytes);
    await client.until((received) => received === bytes);
    assert.equal(events.join(""), bytes);
    client.socket.destroy();
  });
}

test("on a port for streams only, a client may be silent from the beginning", async () => {
  const { routes, sockets } = recordOnly();
  await using test = await startListener({ routes });
  const client = await connectRaw(test.listener.port);
  await until(() => sockets.length === 1);
  test.clock.advance(3600 * 1000);
  sockets[0]?.send("hello");
  await client.until((received) => received === "hello");
  assert.deepEqual(test.lines, []);
  client.socket.destroy();
});

test("on a port for streams only, a client beyond a cap gets a line of JSON", async () => {
  const { routes } = recordOnly();
  await using test = await startListener({ routes, limits: { connectionsMax: 0 } });
  const client = await connectRaw(test.listener.port);
  assert.deepEqual(JSON.parse(await client.closed()), { error: "too many connections" });
});

test("a stream inside TLS is found by its first bytes", async () => {
  const { routes, clients } = recordStreams();
  await using test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  await client.sendByteByByte("{1}");
  await client.until((received) => received === "{1}");
  assert.deepEqual(clients, [{ remoteAddress: "127.0.0.1", isEncrypted: true }]);
  assert.equal(test.listener.status().streamBytesReceivedTotal, 3);
  client.socket.end();
  await client.closed();
  await until(() => test.listener.status().connectionsOpen === 0);
});

test("a stream inside TLS sends texts and bytes of any size and then closes", async () => {
  const { routes, sockets, events } = recordStreams();
  await using test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  client.send("{");
  await client.until((received) => received === "{");
  const large = "x".repeat(1024 * 1024);
  for (const data of ["é", Buffer.of(0xe9), large, Buffer.from(large)]) sockets[0]?.send(data);
  sockets[0]?.close(1000, "");
  assert.equal(await client.closed(), `{\xc3\xa9\xe9${large}${large}`);
  await until(() => events.includes("closed"));
  assert.deepEqual(events, ["{", "closed"]);
});

test("a client that ends its side inside TLS gets the answer that is still to come", async () => {
  let answer: (() => void) | undefined;
  const { routes } = recordStreams({
    stream: () => (socket) => ({
      message() {},
      ended() {
        answer = () => {
          socket.send("answer");
          socket.close(1000, "");
        };
      },
      closed() {},
    }),
  });
  await using test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  client.socket.allowHalfOpen = true;
  client.socket.end("{}");
  await until(() => answer !== undefined);
  answer?.();
  assert.equal(await client.closed(), "answer");
});

test("on a port for streams only, TLS comes first, and inside it a client may be silent", async () => {
  const { routes, sockets, events } = recordOnly();
  await using test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  await until(() => sockets.length === 1);
  test.clock.advance(3600 * 1000);
  sockets[0]?.send("hello");
  await client.until((received) => received === "hello");
  client.send("GET");
  await client.until((received) => received === "helloGET");
  client.socket.end();
  await client.closed();
  await until(() => events.includes("closed"));
});

test("on a port for streams only with TLS, clear text is refused and silence is cut", async () => {
  const { routes, clients } = recordOnly();
  await using test = await startListener({ routes, handshakes: handshakes() });
  const speaking = await connectRaw(test.listener.port);
  speaking.send("{}");
  assert.equal(await speaking.closed(), "");
  assert.equal(test.listener.status().refusedTotal.clear_text, 1);

  const silent = await connectRaw(test.listener.port);
  await until(() => test.listener.status().connectionsOpen === 1);
  test.clock.advance(10_000);
  assert.equal(await silent.closed(), "");
  assert.equal(test.listener.status().refusedTotal.first_byte_timeout, 1);
  assert.deepEqual(clients, []);
});

test("a listener that closes ends streams inside TLS, too", async () => {
  const { routes, events } = recordStreams();
  const test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  client.send("{");
  await client.until((received) => received === "{");
  await test.listener.close();
  assert.equal(await client.closed(), "{");
  assert.deepEqual(events, ["{", "closed"]);
});

test("a listener that closes has cut a mute client inside TLS, and its handler knows", async () => {
  const { routes, events } = recordStreams();
  const test = await startListener({ routes, handshakes: handshakes() });
  const client = await connectRaw(test.listener.port, tlsClient);
  client.socket.allowHalfOpen = true;
  client.send("{");
  await client.until((received) => received === "{");
  client.socket.pause();
  const closing = test.listener.close();
  test.clock.advance(5000);
  await closing;
  assert.deepEqual(events, ["{", "closed"]);
  client.socket.destroy();
});
