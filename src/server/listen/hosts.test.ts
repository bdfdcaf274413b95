import assert from "node:assert/strict";
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { describe, test } from "node:test";
import {
  connectRaw,
  type ListenerWishes,
  startListener,
  type TestListener,
} from "../../../testing/loopback.ts";
import { createHosts } from "./hosts.ts";

const list = ["Holdfast.example.com", "other.example.com:8443"];

interface Judged {
  readonly host: string;
  readonly bound?: string;
  readonly allowed?: readonly string[];
  readonly fault?: "malformed" | "foreign";
}

const ours: readonly Judged[] = [
  ...["localhost", "localhost:7117", "LOCALHOST:1", "localhost.", "localhost.:80", "localhost:"],
  ...["127.0.0.1", "127.0.0.1:7117", "10.1.2.3", "[::1]", "[::1]:7117", "[2001:DB8::1]"],
].map((host) => ({ host }));

const others: readonly Judged[] = [
  { host: "", fault: "foreign" },
  { host: "evil.example", fault: "foreign" },
  { host: "evil.example:7117", fault: "foreign" },
  { host: "localhost.evil.example", fault: "foreign" },
  { host: "127.0.0.1.evil.example", fault: "foreign" },
  { host: "notlocalhost", fault: "foreign" },
  { host: "1.2.3", fault: "foreign" },
  { host: "holdfast.example.com", fault: "foreign" },
  { host: "evil.example", bound: "::1", fault: "foreign" },
  { host: "evil.example", bound: "127.8.9.1", fault: "foreign" },
  { host: "evil.example", bound: "0.0.0.0" },
  { host: "evil.example", bound: "::" },
  { host: "", bound: "0.0.0.0" },
  { host: "holdfast.example.com", allowed: list },
  { host: "HOLDFAST.example.com.:8443", allowed: list },
  { host: "other.example.com:8443", allowed: list },
  { host: "other.example.com.:8443", allowed: list },
  { host: "other.example.com", allowed: list, fault: "foreign" },
  { host: "other.example.com:84430", allowed: list, fault: "malformed" },
  { host: "localhost", allowed: list },
  { host: "evil.example", allowed: list, fault: "foreign" },
  { host: "evil.example", allowed: list, bound: "0.0.0.0", fault: "foreign" },
  { host: "10.0.0.1:80", allowed: list, bound: "0.0.0.0" },
  { host: "evil.example", allowed: ["*"] },
];

const malformed: readonly Judged[] = [
  ...[
    "localhost@evil.example",
    "user@localhost",
    "a, b",
    "a,b",
    "localhost, ",
    "a b",
    "a/b",
    "a?b",
  ],
  ...["[::1", "::1", "[localhost]", "[::1]x", "localhost:x", "localhost:1:2", "localhost:70000"],
  ...["löcalhost", "localhost\\", "[fe80::1%25lo]"],
].map((host) => ({ host, fault: "malformed" }));

for (const { host, bound = "127.0.0.1", allowed = [], fault } of [
  ...ours,
  ...others,
  ...malformed,
]) {
  const where = `on ${bound}${allowed.length > 0 ? ` with ${allowed.join()}` : ""}`;
  test(`the Host ${JSON.stringify(host)} is ${fault ?? "served"} ${where}`, () => {
    const hosts = createHosts([bound], allowed);
    assert.equal(hosts.fault(host), fault);
    // A right one before changes nothing.
    assert.equal(hosts.fault("127.0.0.1"), undefined);
    assert.equal(hosts.fault(host), fault);
  });
}

const wishes: ListenerWishes = {
  allowedHosts: ["holdfast.example.com"],
  routes: {
    http: ({ headers }) => ({ status: 200, headers: {}, body: `served as ${headers.host}` }),
    upgrade: () => () => ({ message() {}, closed() {} }),
    calls: () => ({
      begin: () => ({ code: 0, message: "" }),
      isHeldBack: () => false,
      closed() {},
    }),
  },
};

const upgrade =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

const requests: readonly {
  readonly head: string;
  readonly status: number;
  readonly served?: string;
}[] = [
  { head: "GET / HTTP/1.1\r\nHost: localhost:1\r\n", status: 200, served: "localhost:1" },
  { head: "GET / HTTP/1.0\r\n", status: 200 },
  { head: "GET / HTTP/1.0\r\nHost: evil.example\r\n", status: 421 },
  { head: "GET / HTTP/1.1\r\nhOST: evil.example\r\n", status: 421 },
  { head: "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n", status: 421 },
  { head: "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n", status: 421 },
  {
    head: "POST / HTTP/1.1\r\nHost: evil.example\r\nExpect: 100-continue\r\nContent-Length: 2\r\n",
    status: 421,
  },
  { head: "GET / HTTP/1.1\r\n", status: 400 },
  { head: "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", status: 400 },
  { head: "GET / HTTP/1.1\r\nHost: localhost\r\nhost:\r\n", status: 400 },
  { head: "GET / HTTP/1.1\r\nHOST:\r\nA: b\r\nhost: localhost\r\n", status: 400 },
  { head: "GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n", status: 400 },
  {
    head: "GET http://holdfast.example.com/a HTTP/1.1\r\nHost: evil.example\r\n",
    status: 200,
    served: "holdfast.example.com",
  },
  { head: "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", status: 421 },
  { head: "GET http://evil.example HTTP/1.0\r\n", status: 421 },
  { head: "GET http://localhost@evil.example/ HTTP/1.1\r\nHost: localhost\r\n", status: 400 },
  { head: "GET http:///a HTTP/1.1\r\nHost: localhost\r\n", status: 400 },
  { head: "GET http://localhost/ HTTP/1.1\r\nHost: a, b\r\n", status: 400 },
  { head: "GET http://localhost/ HTTP/1.1\r\n", status: 400 },
];

function answerTo(test: TestListener, head: string): Promise<string> {
  return connectRaw(test.listener.port).then((client) => {
    client.send(`${head}\r\n`);
    return client.until((text) => text.includes("\r\n\r\n"));
  });
}

describe("HTTP/1.1", () => {
  for (const { head, status, served } of requests) {
    test(`${JSON.stringify(head)} is answered with ${status}`, async () => {
      await using test = await startListener(wishes);
      const answer = await answerTo(test, head);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      if (served !== undefined) assert.match(answer, new RegExp(`served as ${served}$`));
      if (status === 421) assert.match(answer, /allowedHosts/);
      const { refusedTotal } = test.listener.status();
      const counts = [refusedTotal.host, refusedTotal.bad_request];
      assert.deepEqual(counts, [status === 421 ? 1 : 0, status === 400 ? 1 : 0]);
    });

    test(`an upgrade with ${JSON.stringify(head)} is as well`, async () => {
      if (!head.startsWith("GET") || head.includes("HTTP/1.0")) return;
      await using test = await startListener(wishes);
      const answer = await answerTo(test, head + upgrade);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status === 200 ? 101 : status} `));
    });
  }

  test("a page whose name resolves to this machine opens no WebSocket as its own origin", async () => {
    await using test = await startListener({ ...wishes, allowedHosts: [] });
    const { port } = test.listener;
    const page = `GET / HTTP/1.1\r\nHost: evil.example:${port}\r\nOrigin: http://evil.example:${port}\r\n`;
    assert.match(await answerTo(test, page + upgrade), /^HTTP\/1\.1 421 /);
    const own = page.replaceAll("evil.example", "localhost");
    assert.match(await answerTo(test, own + upgrade), /^HTTP\/1\.1 101 /);
  });

  test("requests before it on the connection still get their answers", async () => {
    await using test = await startListener(wishes);
    const client = await connectRaw(test.listener.port);
    const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send(`${get}${get.replace("localhost", "evil.example")}${get}`);
    assert.deepEqual((await client.closed()).match(/HTTP\/1\.1 \d+/g), [
      "HTTP/1.1 200",
      "HTTP/1.1 421",
    ]);
  });
});

const streams: readonly {
  readonly headers: OutgoingHttpHeaders;
  readonly status: number;
  readonly grpc?: string;
}[] = [
  { headers: { ":authority": "localhost:1" }, status: 200 },
  { headers: { ":authority": "holdfast.example.com" }, status: 200 },
  { headers: { ":authority": "evil.example" }, status: 421 },
  { headers: { ":authority": "localhost", host: "localhost" }, status: 200 },
  { headers: { ":authority": "localhost", host: "evil.example" }, status: 400 },
  { headers: { ":authority": "a,b" }, status: 400 },
  {
    headers: { ":authority": "evil.example", "content-type": "application/grpc" },
    status: 200,
    grpc: "7",
  },
  {
    headers: { ":authority": "localhost", "content-type": "application/grpc" },
    status: 200,
    grpc: "0",
  },
  {
    headers: { ":authority": "localhost", host: "b", "content-type": "application/grpc" },
    status: 200,
    grpc: "13",
  },
];

describe("HTTP/2", () => {
  for (const { headers, status, grpc } of streams) {
    test(`${JSON.stringify(headers)} is answered with ${grpc ?? status}`, async () => {
      await using test = await startListener(wishes);
      const session = connect(`http://127.0.0.1:${test.listener.port}`);
      const method = headers["content-type"] === undefined ? "GET" : "POST";
      const stream = session.request({ ":path": "/", ":method": method, ...headers });
      const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
        stream.on("response", resolve);
        stream.on("error", reject);
      });
      assert.equal(answer[":status"], status);
      assert.equal(answer["grpc-status"], grpc);
      if (grpc === "7") assert.match(String(answer["grpc-message"]), /allowedHosts/);
      session.destroy();
    });
  }
});
