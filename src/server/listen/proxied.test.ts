/** Connections behind a proxy that speaks the PROXY protocol, in front of everything that a port speaks. */
import assert from "node:assert/strict";
import { BlockList, type Socket } from "node:net";
import { describe, test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import { callHead, http2ClientOn } from "../../../testing/http2-client.ts";
import {
  clientFrame,
  connectProxied,
  connectRaw,
  type ListenerWishes,
  startListener,
  type TestListener,
  until,
  upgradeRequest,
} from "../../../testing/loopback.ts";
import { proxyBlock4, proxyLine } from "../../../testing/proxy-headers.ts";
import { recordStreams } from "../../../testing/recorded-streams.ts";
import { callDone, unaryReceiver, withPrefix } from "../../protocols/grpc/mod.ts";
import { createHandshakes } from "../tls/handshakes.ts";

const authority = createAuthority("authority");
const own = authority.issue();
const tlsClient: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };
const loopback = new BlockList();
loopback.addAddress("127.0.0.1");

const clientAddress = "198.51.100.7";
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** Records the addresses that each kind of route sees. */
function startProxied(wishes: Partial<ListenerWishes> = {}) {
  const seen: unknown[] = [];
  const { routes, clients } = recordStreams({
    http({ remoteAddress, isEncrypted }) {
      seen.push({ remoteAddress, isEncrypted });
      return { status: 200, headers: {}, body: "ok" };
    },
    upgrade({ remoteAddress, isEncrypted }) {
      seen.push({ remoteAddress, isEncrypted });
      return (socket) => ({ message: (data) => socket.send(data), closed() {} });
    },
    calls({ remoteAddress }) {
      seen.push({ remoteAddress });
      return {
        begin: (_, peer) =>
          unaryReceiver(peer, {
            asked: (message) => peer.end({ status: callDone, message }),
            cancelled() {},
          }),
        isHeldBack: () => false,
        closed() {},
      };
    },
  });
  return {
    seen,
    clients,
    start: () => startListener({ routes, trustedProxies: loopback, ...wishes }),
  };
}

const headers = [
  { version: 1, header: proxyLine(clientAddress) },
  { version: 2, header: proxyBlock4(clientAddress, Buffer.from("05000161", "hex")) },
];

for (const { version, header } of headers) {
  for (const { how, tls } of [
    { how: "in clear text", tls: undefined },
    { how: "inside TLS", tls: tlsClient },
  ]) {
    describe(`behind a header of version ${version}, ${how},`, () => {
      const isEncrypted = tls !== undefined;
      const handshakes = () =>
        isEncrypted
          ? createHandshakes(
              { cert: own.certificate, key: own.key },
              { needsClientCertificate: false },
            )
          : undefined;

      test("HTTP/1.1 requests come from the client's address", async () => {
        const { seen, start } = startProxied({ handshakes: handshakes() });
        await using test = await start();
        const client = await connectProxied(test.listener.port, header, tls);
        client.send(get("/a"));
        await client.until((received) => received.endsWith("ok"));
        client.send(get("/b"));
        await client.until((received) => received.split("ok").length === 3);
        const fromClient = { remoteAddress: clientAddress, isEncrypted };
        assert.deepEqual(seen, [fromClient, fromClient]);
        client.socket.destroy();
      });

      test("WebSockets come from the client's address", async () => {
        const { seen, start } = startProxied({ handshakes: handshakes() });
        await using test = await start();
        const client = await connectProxied(test.listener.port, header, tls);
        client.send(upgradeRequest("/"));
        client.send(clientFrame(1, "hello"));
        await client.until((received) => received.endsWith("\x82\x05hello"));
        assert.deepEqual(seen, [{ remoteAddress: clientAddress, isEncrypted }]);
        client.socket.destroy();
      });

      test("gRPC calls and HTTP/2 requests come from the client's address", async () => {
        const { seen, start } = startProxied({ handshakes: handshakes() });
        await using test = await start();
        const { port } = test.listener;
        const { socket } = await connectProxied(
          port,
          header,
          tls && { ...tls, ALPNProtocols: ["h2"] },
        );
        const client = http2ClientOn(unread(socket), port);
        const message = withPrefix(Buffer.from("hello"));
        const call = await client.request(callHead("/echo"), message).closed;
        assert.deepEqual(call.body, message);
        const request = await client.request({ ":path": "/a" }).closed;
        assert.equal(request.body.toString(), "ok");
        assert.deepEqual(seen, [
          { remoteAddress: clientAddress },
          { remoteAddress: clientAddress, isEncrypted },
        ]);
        client.destroy();
      });

      test("streams come from the client's address", async () => {
        const { clients, start } = startProxied({ handshakes: handshakes() });
        await using test = await start();
        const client = await connectProxied(test.listener.port, header, tls);
        client.send("{}");
        await client.until((received) => received === "{}");
        assert.deepEqual(clients, [{ remoteAddress: clientAddress, isEncrypted }]);
        client.socket.destroy();
      });
    });
  }

  test(`a header of version ${version} may come byte by byte`, async () => {
    const { seen, start } = startProxied();
    await using test = await start();
    const client = await connectRaw(test.listener.port);
    await client.sendByteByByte(Buffer.concat([Buffer.from(header), Buffer.from(get("/a"))]));
    await client.until((received) => received.endsWith("ok"));
    assert.deepEqual(seen, [{ remoteAddress: clientAddress, isEncrypted: false }]);
    client.socket.destroy();
  });

  test(`a header of version ${version} may come glued to the request behind it`, async () => {
    const { seen, start } = startProxied();
    await using test = await start();
    const client = await connectRaw(test.listener.port);
    client.send(Buffer.concat([Buffer.from(header), Buffer.from(get("/a") + get("/b"))]));
    await client.until((received) => received.split("ok").length === 3);
    assert.equal(seen.length, 2);
    client.socket.destroy();
  });
}

/** The client of HTTP/2 is the only one to read. */
function unread(socket: Socket): Socket {
  return socket.removeAllListeners("data").pause();
}

test("an IPv6 client of a proxy that connects over IPv4 has its own address", async () => {
  const { seen, start } = startProxied();
  await using test = await start();
  const client = await connectProxied(test.listener.port, proxyLine("2001:DB8::0:7"));
  client.send(get("/"));
  await client.until((received) => received.endsWith("ok"));
  assert.deepEqual(seen, [{ remoteAddress: "2001:db8::7", isEncrypted: false }]);
  client.socket.destroy();
});

test("on a port for streams only a proxied stream opens behind the header, before any byte", async () => {
  const { routes, clients, sockets } = recordStreams({ isStreamOnly: true });
  await using test = await startListener({ routes, trustedProxies: loopback });
  const raw = await connectRaw(test.listener.port);
  await until(() => test.listener.status().connectionsOpen === 1);
  assert.deepEqual(clients, []);
  raw.send(proxyLine(clientAddress));
  await until(() => clients.length === 1);
  assert.deepEqual(clients, [{ remoteAddress: clientAddress, isEncrypted: false }]);
  sockets[0]?.send("hello");
  await raw.until((received) => received === "hello");
  raw.socket.destroy();
});

/** What goes wrong on a connection behind a proxy, and the reason in the log. */
const troubles = [
  { reason: "bad_request", bytes: "GET bad\r\n\r\n", handshakes: undefined },
  { reason: "websocket_fault", bytes: `${upgradeRequest("/")}\xff\xff`, handshakes: undefined },
  {
    reason: "origin",
    bytes: upgradeRequest("/", "Origin: https://evil.example"),
    handshakes: undefined,
  },
  {
    reason: "http2_fault",
    bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense".padEnd(99),
    handshakes: undefined,
  },
  { reason: "tls", bytes: "\x16\x03\x01", handshakes: undefined },
  {
    reason: "clear_text",
    bytes: get("/"),
    handshakes: createHandshakes(
      { cert: own.certificate, key: own.key },
      { needsClientCertificate: false },
    ),
  },
  {
    reason: "tls_handshake",
    bytes: "\x16\x03\x01\0\x04\xff\xff\xff\xff",
    handshakes: createHandshakes(
      { cert: own.certificate, key: own.key },
      { needsClientCertificate: false },
    ),
  },
] as const;

for (const { reason, bytes, handshakes } of troubles) {
  test(`the log names the client's address with ${reason}`, async () => {
    const { start } = startProxied({ handshakes });
    await using test = await start();
    const client = await connectProxied(test.listener.port, proxyBlock4(clientAddress));
    client.send(Buffer.from(bytes, "latin1"));
    await logged(test, reason);
    assert.equal(test.lines[0]?.remoteAddress, clientAddress);
    client.socket.destroy();
  });
}

async function logged({ lines }: TestListener, reason: string): Promise<void> {
  await until(() => lines.length > 0);
  assert.equal(lines[0]?.reason, reason);
}
