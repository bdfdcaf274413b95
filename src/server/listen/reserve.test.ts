import assert from "node:assert/strict";
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { BlockList } from "node:net";
import { test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import {
  connectProxied,
  connectRaw,
  connectWebSocket,
  type ListenerWishes,
  type RawClient,
  startListener,
  type TestListener,
  until,
} from "../../../testing/loopback.ts";
import { proxyLine } from "../../../testing/proxy-headers.ts";
import { createHandshakes } from "../tls/handshakes.ts";
import { withRetryAfter } from "./responses.ts";

const asked: string[] = [];

const serving: ListenerWishes = {
  routes: {
    http({ path }) {
      asked.push(path);
      return { status: 200, headers: {}, body: `page ${path}` };
    },
    upgrade: () => () => ({ message() {}, closed() {} }),
    calls: () => ({
      begin: () => ({ code: 0, message: "" }),
      isHeldBack: () => false,
      closed() {},
    }),
    isForOperators: (path) => path === "/healthz",
  },
};

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** A listener at its cap. */
async function full(wishes: ListenerWishes): Promise<TestListener> {
  const test = await startListener(wishes);
  await connectWebSocket(test.listener.port);
  asked.length = 0;
  return test;
}

for (const cap of ["connectionsMax", "connectionsPerAddressMax"] as const) {
  const wishes = { ...serving, limits: { [cap]: 1 } };

  test(`beyond ${cap} a page for operators is answered, and the connection ends`, async () => {
    await using test = await full(wishes);
    for (let count = 0; count < 40; count++) {
      const probe = await connectRaw(test.listener.port);
      probe.send(get("/healthz?verbose"));
      const answer = await probe.closed();
      assert.match(
        answer,
        /^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n[\s\S]*page \/healthz$/i,
      );
    }
    const { acceptedTotal, refusedTotal } = test.listener.status();
    assert.equal(acceptedTotal, 1);
    assert.equal(refusedTotal.connections_max + refusedTotal.address_connections_max, 0);
  });

  const others: Readonly<Record<string, string>> = {
    "another path": get("/v1/lock"),
    "an upgrade": get("/v1").replace(
      "\r\n\r\n",
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    "a JSON stream": '{"method":"sys.ping"}\n',
  };

  for (const [what, bytes] of Object.entries(others)) {
    test(`beyond ${cap} ${what} is refused, and told when to try again`, async () => {
      await using test = await full(wishes);
      const client = await connectRaw(test.listener.port);
      client.send(bytes);
      const answer = await client.closed();
      assert.match(
        answer,
        /^HTTP\/1\.1 503 [\s\S]*Retry-After: [1-5]\r\n[\s\S]*too many connections\n$/,
      );
      assert.equal(asked.length, 0);
      const { refusedTotal } = test.listener.status();
      assert.equal(refusedTotal.connections_max + refusedTotal.address_connections_max, 1);
    });
  }
}

const authority = createAuthority("authority");
const own = authority.issue();
const tlsClient: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };
const handshakes = createHandshakes(
  { cert: own.certificate, key: own.key },
  { needsClientCertificate: false },
);
const trustedProxies = new BlockList();
trustedProxies.addAddress("127.0.0.1");
const header = proxyLine("198.51.100.7");

const guards: readonly {
  readonly name: string;
  readonly wishes: Partial<ListenerWishes>;
  connect(port: number): Promise<RawClient>;
}[] = [
  { name: "TLS", wishes: { handshakes }, connect: (port) => connectRaw(port, tlsClient) },
  {
    name: "a proxy",
    wishes: { trustedProxies },
    connect: (port) => connectProxied(port, header),
  },
  {
    name: "TLS and a proxy",
    wishes: { handshakes, trustedProxies },
    connect: (port) => connectProxied(port, header, tlsClient),
  },
];

for (const { name, wishes, connect: reach } of guards) {
  for (const cap of ["connectionsMax", "connectionsPerAddressMax"] as const) {
    test(`behind ${name} a page is answered beyond ${cap}, and nothing else`, async () => {
      await using test = await startListener({ ...serving, ...wishes, limits: { [cap]: 1 } });
      const { port } = test.listener;
      const holder = await reach(port);
      holder.send(get("/held"));
      await holder.until((text) => text.endsWith("/held"));
      const probe = await reach(port);
      probe.send(get("/healthz"));
      assert.match(await probe.closed(), /^HTTP\/1\.1 200 /);
      const client = await reach(port);
      client.send(get("/v1/lock"));
      assert.match(await client.closed(), /^HTTP\/1\.1 503 [\s\S]*Retry-After/);
      holder.socket.destroy();
    });
  }
}

test("what is pipelined behind a page is not served", async () => {
  await using test = await full({ ...serving, limits: { connectionsMax: 1 } });
  const client = await connectRaw(test.listener.port);
  client.send(get("/healthz") + get("/v1/lock") + get("/healthz"));
  assert.equal((await client.closed()).match(/HTTP\/1\.1 200/g)?.length, 1);
  assert.deepEqual(asked, ["/healthz"]);
});

const streams: readonly { readonly headers: OutgoingHttpHeaders; readonly answer: unknown }[] = [
  { headers: { ":path": "/healthz" }, answer: [200, undefined, undefined] },
  { headers: { ":path": "/v1/lock" }, answer: [503, undefined, true] },
  {
    headers: { ":path": "/healthz", ":method": "POST", "content-type": "application/grpc" },
    answer: [200, "14", undefined],
  },
];

for (const { headers, answer } of streams) {
  test(`beyond a cap ${JSON.stringify(headers)} over HTTP/2 is answered with ${answer}`, async () => {
    await using test = await full({ ...serving, limits: { connectionsMax: 1 } });
    const session = connect(`http://localhost:${test.listener.port}`);
    const ended = new Promise((resolve) => session.once("close", resolve));
    const stream = session.request(headers);
    const got = await new Promise<Record<string, unknown>>((resolve, reject) => {
      stream.on("response", resolve);
      stream.on("error", reject);
    });
    const wait = got["retry-after"];
    assert.deepEqual(
      [got[":status"], got["grpc-status"], wait && /^[1-5]$/.test(`${wait}`)],
      answer,
    );
    stream.resume();
    await ended;
  });
}

test("silent connections hold their places for a moment only", async () => {
  const limits = { connectionsMax: 1, reservedMax: 4, turnedAwayMax: 4 };
  await using test = await full({ ...serving, limits });
  const silent: RawClient[] = [];
  for (let count = 0; count < 4; count++) silent.push(await connectRaw(test.listener.port));
  const early = await connectRaw(test.listener.port);
  assert.match(await early.closed(), /^HTTP\/1\.1 503 /);

  test.clock.advance(250);
  const probe = await connectRaw(test.listener.port);
  probe.send(get("/healthz"));
  assert.match(await probe.closed(), /^HTTP\/1\.1 200 /);
  assert.equal(await silent[0]?.closed(), "");
  assert.equal(test.listener.status().refusedTotal.connections_max, 2);
  for (const { socket } of silent) socket.destroy();
});

test("a connection with a place does not hold up a stop", async () => {
  const test = await full({ ...serving, limits: { connectionsMax: 1 } });
  const silent = await connectRaw(test.listener.port);
  const slow = await connectRaw(test.listener.port);
  slow.send("GET /healthz HT");
  await until(() => slow.socket.bytesWritten > 0);
  test.listener.stopAccepting();
  await Promise.all([silent.closed(), slow.closed()]);
  await test[Symbol.asyncDispose]();
});

test("a port without pages for operators has no reserve", async () => {
  const { isForOperators: _, ...routes } = { ...serving.routes };
  await using test = await full({
    routes: routes as NonNullable<ListenerWishes["routes"]>,
    limits: { connectionsMax: 1 },
  });
  const client = await connectRaw(test.listener.port);
  assert.match(await client.closed(), /^HTTP\/1\.1 503 /);
});

test("refusals spread over five seconds, on top of those that the response names", () => {
  const waits = (status: number, headers = {}) =>
    [0, 0.5, 0.999].map((random) => {
      const response = withRetryAfter({ status, headers, body: "" }, () => random);
      return response.headers["Retry-After"];
    });
  assert.deepEqual(waits(503), ["1", "3", "5"]);
  assert.deepEqual(waits(429, { "Retry-After": "5" }), ["5", "7", "9"]);
  assert.deepEqual(waits(200), [undefined, undefined, undefined]);
});
