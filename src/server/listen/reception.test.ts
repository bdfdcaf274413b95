import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { createAuthority, type Identity } from "../../../testing/certificates.ts";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type ListenerWishes,
  startListener,
  type TestListener,
  until,
} from "../../../testing/loopback.ts";
import { applicationProtocols, createHandshakes } from "../tls/handshakes.ts";
import type { MessageSocket, Refusal } from "./listener.ts";

const authority = createAuthority("authority");
const own = authority.issue();
const client: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };

function handshakesOf({ certificate, key }: Identity, clientCa?: string) {
  const context = { cert: certificate, key, ...(clientCa !== undefined && { ca: clientCa }) };
  return createHandshakes(context, { needsClientCertificate: clientCa !== undefined });
}

/** Answers requests with their path and whether they came over TLS, and echoes messages. */
function startTls(
  wishes: Omit<ListenerWishes, "routes"> = {},
  handshakes = handshakesOf(own),
): Promise<TestListener> {
  return startListener({
    handshakes,
    routes: {
      http: ({ path, isEncrypted, body }) => ({
        status: 200,
        headers: {},
        body: `${path} ${isEncrypted} ${body.length}`,
      }),
      upgrade: () => (socket) => ({
        message: (data) => socket.send(data.toString()),
        closed() {},
      }),
    },
    ...wishes,
  });
}

function refusedBy({ listener }: TestListener): Partial<Record<Refusal, number>> {
  const { refusedTotal } = listener.status();
  return Object.fromEntries(Object.entries(refusedTotal).filter(([, total]) => total > 0));
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** The first bytes of a TLS client. */
async function recordClientHello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const speaker = connect({ ...client, port, host: "127.0.0.1" }).on("error", () => {});
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  speaker.destroy();
  server.close();
  return bytes;
}

const clientHello = await recordClientHello();

describe("a port with TLS", () => {
  test("answers HTTP/1.1, and the routes see that it was encrypted", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port, client);
    raw.send(get("/a"));
    await raw.until((said) => said.endsWith("/a true 0"));
    await raw.sendByteByByte(get("/b"));
    await raw.until((said) => said.endsWith("/b true 0"));
    assert.equal(test.listener.status().connectionsOpen, 1);
    assert.equal(test.listener.status().acceptedTotal, 1);
    raw.socket.end();
    await raw.closed();
    await until(() => test.listener.status().connectionsOpen === 0);
    assert.deepEqual(refusedBy(test), {});
  });

  test("says to a route of a port in clear text that it was not encrypted", async () => {
    await using test = await startTls({ handshakes: undefined });
    const raw = await connectRaw(test.listener.port);
    raw.send(get("/a"));
    await raw.until((said) => said.endsWith("/a false 0"));
    raw.socket.destroy();
  });

  test("offers what it speaks, the best first, and takes who offers nothing", async () => {
    await using test = await startTls();
    for (const [offered, chosen] of [
      [["http/1.1", "h2"].reverse(), applicationProtocols[0]],
      [["http/1.1"], "http/1.1"],
      [undefined, false],
    ] as const) {
      const raw = await connectRaw(test.listener.port, {
        ...client,
        ...(offered !== undefined && { ALPNProtocols: [...offered] }),
      });
      assert.equal((raw.socket as TLSSocket).alpnProtocol, chosen);
      raw.socket.destroy();
    }
  });

  test("takes bodies and messages that are larger than a record of TLS", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port, client);
    const body = Buffer.alloc(1024 * 1024, "x");
    raw.send(`POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    raw.send(body);
    await raw.until((said) => said.endsWith(`/large true ${body.length}`));
    raw.socket.destroy();

    const webSocket = await connectWebSocket(test.listener.port, "/", client);
    const message = "y".repeat(60_000);
    for (let part = 0; part < 10; part++) {
      webSocket.send(clientFrame(part === 0 ? 1 : 0, message, { isFinal: part === 9 }));
    }
    const received = await webSocket.until((said) => said.length === 600_000 + 10);
    assert.equal(received.slice(0, 2), "\x81\x7f");
    assert.ok(received.endsWith(message.repeat(10)));
    webSocket.socket.destroy();
  });

  test("takes a ClientHello in single bytes", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port);
    await raw.sendByteByByte(clientHello);
    // A ServerHello, in a handshake record.
    assert.equal((await raw.until((said) => said.length > 5)).slice(0, 2), "\x16\x03");
    raw.socket.destroy();
  });

  test("tells clients of clear HTTP what is wrong, and cuts others that are in clear", async () => {
    await using test = await startTls();
    const http = await connectRaw(test.listener.port);
    http.send(get("/"));
    const answer = await http.closed();
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(answer, /\r\n\r\nthis is HTTP, and the port speaks HTTPS\n$/);
    for (const bytes of ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", '{"method":"x"}\n']) {
      const other = await connectRaw(test.listener.port);
      other.send(bytes);
      assert.equal(await other.closed(), "");
    }
    assert.deepEqual(refusedBy(test), { clear_text: 3 });
    assert.equal(test.lines.length, 1);
    await until(() => test.listener.status().connectionsOpen === 0);
  });

  test("refuses inside what it refuses outside, in the same words", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port, client);
    raw.send('{"method":"sys.ping"}\n');
    raw.socket.end();
    assert.equal(typeof JSON.parse(await raw.closed()).error, "string");
    assert.deepEqual(refusedBy(test), { json_stream: 1 });
  });

  test("lets a client say no more and still read its answer", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port, client);
    raw.socket.allowHalfOpen = true;
    raw.socket.end(get("/half"));
    assert.ok((await raw.closed()).endsWith("/half true 0"));
    await until(() => test.listener.status().connectionsOpen === 0);
  });

  test("counts garbage in a handshake as one that failed, and goes on", async () => {
    await using test = await startTls();
    for (let count = 0; count < 50; count++) {
      const raw = await connectRaw(test.listener.port);
      raw.send(Buffer.concat([Buffer.of(0x16, 0x03, 0x01, 0x00, 0x20), Buffer.alloc(0x20, 0xff)]));
      await raw.closed();
    }
    assert.deepEqual(refusedBy(test), { tls_handshake: 50 });
    assert.equal(test.lines.length, 1);
    assert.match(String(test.lines[0]?.fault), /^ERR_SSL_/);
    assert.equal(test.lines[0]?.remoteAddress, "127.0.0.1");
    const raw = await connectRaw(test.listener.port, client);
    raw.socket.destroy();
  });

  test("is not hurt by a connection that is reset or ended in the middle of a handshake", async () => {
    await using test = await startTls();
    for (const leave of ["resetAndDestroy", "end"] as const) {
      const raw = await connectRaw(test.listener.port);
      raw.send(clientHello);
      await raw.until((said) => said.length > 5);
      raw.socket[leave]();
      await until(() => test.listener.status().connectionsOpen === 0);
    }
    assert.deepEqual(refusedBy(test), { tls_handshake: 2 });
  });

  for (const [what, bytes] of [
    ["nothing", Buffer.of()],
    ["the beginning of a ClientHello", clientHello.subarray(0, 20)],
    ["a ClientHello and no more", clientHello],
  ] as const) {
    test(`cuts a connection that says ${what} when the time is over`, async () => {
      await using test = await startTls({ timeouts: { firstByteMs: 10_000 } });
      const raw = await connectRaw(test.listener.port);
      raw.send(bytes);
      if (bytes === clientHello) await raw.until((said) => said.length > 5);
      await until(() => test.listener.status().connectionsOpen === 1);
      test.clock.advance(9_999);
      assert.deepEqual(refusedBy(test), {});
      test.clock.advance(1);
      await raw.closed();
      await until(() => test.listener.status().connectionsOpen === 0);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(refusedBy(test), { first_byte_timeout: 1 });
    });
  }

  test("cuts a connection that says nothing inside, and leaves one that has spoken", async () => {
    await using test = await startTls({ timeouts: { firstByteMs: 10_000 } });
    const silent = await connectRaw(test.listener.port, client);
    const webSocket = await connectWebSocket(test.listener.port, "/", client);
    test.clock.advance(10_000);
    await silent.closed();
    webSocket.send(clientFrame(1, "still here"));
    await webSocket.until((said) => said.endsWith("still here"));
    assert.deepEqual(refusedBy(test), { first_byte_timeout: 1 });
    webSocket.socket.destroy();
  });

  test("cuts those beyond its caps without a word, and counts a connection once", async () => {
    await using test = await startTls({ limits: { connectionsMax: 1 } });
    const first = await connectWebSocket(test.listener.port, "/", client);
    await assert.rejects(connectRaw(test.listener.port, client), { code: "ECONNRESET" });
    assert.deepEqual(refusedBy(test), { connections_max: 1 });
    first.socket.destroy();
    await until(() => test.listener.status().connectionsOpen === 0);
    const second = await connectWebSocket(test.listener.port, "/", client);
    second.socket.destroy();
  });

  test("ends what is in the middle of a handshake when it stops accepting", async () => {
    await using test = await startTls();
    const shaking = await connectRaw(test.listener.port);
    shaking.send(clientHello);
    await shaking.until((said) => said.length > 5);
    const silent = await connectRaw(test.listener.port, client);
    const webSocket = await connectWebSocket(test.listener.port, "/", client);
    test.listener.stopAccepting();
    await shaking.closed();
    await silent.closed();
    await until(() => test.listener.status().connectionsOpen === 1);
    webSocket.send(clientFrame(1, "still here"));
    await webSocket.until((said) => said.endsWith("still here"));
    assert.deepEqual(refusedBy(test), {});
    webSocket.socket.destroy();
  });

  test("closes WebSockets with 1001 and waits for those that answer", async () => {
    const test = await startTls({ timeouts: { closeMs: 5_000 } });
    const polite = await connectWebSocket(test.listener.port, "/", client);
    const mute = await connectWebSocket(test.listener.port, "/", client);
    const closing = test.listener.close();
    await polite.until((said) => said.startsWith("\x88\x18\x03\xe9"));
    polite.send(clientFrame(8, Buffer.of(0x03, 0xe9)));
    await polite.closed();
    await until(() => test.listener.status().connectionsOpen === 1);
    test.clock.advance(5_000);
    await closing;
    await mute.closed();
    assert.equal(test.listener.status().connectionsOpen, 0);
  });

  test("pings WebSockets, and cuts those that stay silent", async () => {
    await using test = await startTls({ timeouts: { pingIntervalMs: 1_000 } });
    const [lively, silent] = [
      await connectWebSocket(test.listener.port, "/", client),
      await connectWebSocket(test.listener.port, "/", client),
    ];
    test.clock.advance(1_000);
    await lively.until((said) => said === "\x89\0");
    await silent.until((said) => said === "\x89\0");
    lively.send(clientFrame(10, ""));
    lively.send(clientFrame(1, "heard"));
    await lively.until((said) => said.endsWith("heard"));
    test.clock.advance(1_000);
    await silent.closed();
    assert.deepEqual(refusedBy(test), { peer_silent: 1 });
    await lively.until((said) => said.endsWith("\x89\0"));
    lively.socket.destroy();
  });

  test("sees how much a WebSocket peer leaves unread, and closes it", async () => {
    const sockets: MessageSocket[] = [];
    await using test = await startListener({
      handshakes: handshakesOf(own),
      limits: { unsentBytesMax: 32 * 2 ** 20 },
      timeouts: { pingIntervalMs: 30_000, closeMs: 10 },
      routes: {
        http: () => ({ status: 404, headers: {}, body: "" }),
        upgrade: () => (socket) => {
          sockets.push(socket);
          return { message() {}, closed() {} };
        },
      },
    });
    const slow = await connectWebSocket(test.listener.port, "/", client);
    slow.socket.pause();
    for (let count = 0; count < 64; count++) sockets[0]?.send("z".repeat(2 ** 20));
    test.listener.flush();
    test.clock.advance(30_000);
    assert.deepEqual(refusedBy(test), {});
    test.clock.advance(30_000);
    assert.deepEqual(refusedBy(test), { peer_not_reading: 1 });
    await until(() => test.listener.status().connectionsOpen === 0);
    slow.socket.destroy();
  });

  test("goes on with a WebSocket peer that reads after all", async () => {
    const sockets: MessageSocket[] = [];
    await using test = await startListener({
      handshakes: handshakesOf(own),
      limits: { unsentBytesMax: 2 ** 20 },
      routes: {
        http: () => ({ status: 404, headers: {}, body: "" }),
        upgrade: () => (socket) => {
          sockets.push(socket);
          return { message: (data) => socket.send(data.toString()), closed() {} };
        },
      },
    });
    const slow = await connectWebSocket(test.listener.port, "/", client);
    slow.socket.pause();
    sockets[0]?.send("z".repeat(3 * 2 ** 20));
    test.listener.flush();
    slow.send(clientFrame(1, "heard later"));
    slow.socket.resume();
    await slow.until((said) => said.endsWith("heard later"));
    assert.deepEqual(refusedBy(test), {});
    slow.socket.destroy();
  });

  test("does not negotiate again", async () => {
    await using test = await startTls();
    const raw = await connectRaw(test.listener.port, { ...client, maxVersion: "TLSv1.2" });
    const failed = once(raw.socket, "error").catch((error) => [error]);
    (raw.socket as TLSSocket).renegotiate({}, () => {});
    raw.send("x");
    const [error] = await failed;
    assert.match(String(error), /no renegotiation/);
    await raw.closed();
  });

  test("shakes a thousand hands at once", async () => {
    await using test = await startTls();
    const sockets = Array.from({ length: 1_000 }, () =>
      connect({ ...client, port: test.listener.port, host: "127.0.0.1" }),
    );
    await Promise.all(sockets.map((socket) => once(socket, "secureConnect")));
    for (const socket of sockets) socket.write(get("/"));
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    assert.equal(test.listener.status().requestsTotal, 1_000);
    for (const socket of sockets) socket.destroy();
    await until(() => test.listener.status().connectionsOpen === 0);
    assert.deepEqual(refusedBy(test), {});
  });
});

describe("a port that wants client certificates", () => {
  const strangers = createAuthority("strangers");
  const handshakes = handshakesOf(own, authority.certificate);

  function showing({ certificate, key }: Identity): ConnectionOptions {
    return { ...client, cert: certificate, key };
  }

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`lets in who shows one of its authority, with ${version}`, async () => {
      await using test = await startTls({}, handshakes);
      const versions = { minVersion: version, maxVersion: version };
      const raw = await connectRaw(test.listener.port, {
        ...showing(authority.issue({ name: "alice" })),
        ...versions,
      });
      raw.send(get("/in"));
      await raw.until((said) => said.endsWith("/in true 0"));
      raw.socket.destroy();
    });

    for (const [who, identity] of [
      ["one of another authority", strangers.issue()],
      ["one that has ended", authority.issue({ until: new Date(Date.now() - 1000) })],
      ["none", undefined],
    ] as const) {
      test(`refuses who shows ${who}, with ${version}`, async () => {
        await using test = await startTls({}, handshakes);
        const socket = connect({
          ...(identity === undefined ? client : showing(identity)),
          minVersion: version,
          maxVersion: version,
          port: test.listener.port,
          host: "127.0.0.1",
        });
        let received = "";
        socket.on("data", (data) => {
          received += data;
        });
        socket.on("error", () => {});
        socket.write(get("/in"));
        await new Promise((resolve) => socket.once("close", resolve));
        await until(() => test.listener.status().connectionsOpen === 0);
        assert.equal(received, "");
        assert.deepEqual(refusedBy(test), { client_certificate: 1 });
        assert.equal(test.listener.status().requestsTotal, 0);
        assert.equal(test.lines.length, 1);
      });
    }
  }

  test("says in the log what was wrong with a certificate", async () => {
    await using test = await startTls({}, handshakes);
    const stranger = connect({
      ...showing(strangers.issue()),
      port: test.listener.port,
      host: "127.0.0.1",
    });
    stranger.on("error", () => {});
    await until(() => test.lines.length > 0);
    assert.equal(test.lines[0]?.fault, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    stranger.destroy();
  });
});

describe("credentials that change while a port is open", () => {
  const second = createAuthority("second");

  test("are shown to connections that come then, and leave the others alone", async () => {
    const handshakes = handshakesOf(own);
    await using test = await startTls({}, handshakes);
    const before = await connectWebSocket(test.listener.port, "/", client);
    const next = second.issue();
    handshakes.use({ cert: next.certificate, key: next.key });
    await assert.rejects(connectRaw(test.listener.port, client), {
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
    const ca = second.certificate;
    const after = await connectRaw(test.listener.port, { ...client, ca });
    before.send(clientFrame(1, "still here"));
    await before.until((said) => said.endsWith("still here"));
    before.socket.destroy();
    after.socket.destroy();
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`end the sessions that clients could resume, with ${version}`, async () => {
      const handshakes = handshakesOf(own, authority.certificate);
      await using test = await startTls({}, handshakes);
      const alice = authority.issue({ name: "alice" });
      const showing = {
        ...client,
        cert: alice.certificate,
        key: alice.key,
        minVersion: version,
        maxVersion: version,
      };
      const session = await sessionOf(test.listener.port, showing);
      assert.ok(session.includes(fiveMinutes));
      const resumed = await connectRaw(test.listener.port, { ...showing, session });
      assert.equal((resumed.socket as TLSSocket).isSessionReused(), true);
      resumed.socket.destroy();

      handshakes.use({ cert: own.certificate, key: own.key, ca: second.certificate });
      const refused = connect({
        ...showing,
        session,
        port: test.listener.port,
        host: "127.0.0.1",
      });
      refused.on("error", () => {});
      await until(() => refusedBy(test).client_certificate === 1);
      refused.destroy();
    });
  }
});

/** The lifetime hint of a ticket, 300 s, as OpenSSL writes it into a session: [9] INTEGER. */
const fiveMinutes = Buffer.from("a9040202012c", "hex");

/** The tickets with which a client can resume a session. */
async function sessionOf(port: number, options: ConnectionOptions): Promise<Buffer> {
  const raw = await connectRaw(port, options);
  raw.send(get("/"));
  await raw.until((said) => said.endsWith("/ true 0"));
  const session = (raw.socket as TLSSocket).getSession();
  raw.socket.destroy();
  assert.ok(session !== undefined);
  return session;
}
