import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import {
  connectRaw,
  type ListenerWishes,
  startListener,
  type TestListener,
  until,
} from "../../../testing/loopback.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";

const get = "GET /a HTTP/1.1\r\nHost: test\r\n\r\n";
const lastGet = "GET /last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

/** Answers with the request that it got. */
function echo({ method, path, query, body }: HttpRequest): HttpResponse {
  return {
    status: 200,
    headers: { "Content-Type": "text/plain" },
    body: `${method} ${path} ${query} ${Buffer.from(body).toString()}`,
  };
}

const echoing: ListenerWishes = { routes: { http: echo, upgrade: echo } };

/** Everything that a listener answers to these bytes until it closes. */
async function answersTo(bytes: string, wishes: ListenerWishes = echoing): Promise<string> {
  await using test = await startListener(wishes);
  const client = await connectRaw(test.listener.port);
  client.send(bytes);
  return await client.closed();
}

/** When this has its answer, all earlier bytes on other connections have arrived. */
async function roundTrip({ listener }: TestListener): Promise<void> {
  const client = await connectRaw(listener.port);
  client.send(lastGet);
  await client.closed();
}

const bodies = (received: string) =>
  received
    .split(/HTTP\/1\.1 [\s\S]*?\r\n\r\n/)
    .slice(1)
    .join("|");
const statuses = (received: string) =>
  [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, s]) => s);

test("an answer has its length, a date, nosniff and no name of a server", async () => {
  const received = await answersTo(lastGet);
  const [head = "", body = ""] = received.split("\r\n\r\n");
  assert.deepEqual(
    head.split("\r\n").map((line) => line.replace(/^Date: .* GMT$/, "Date: …")),
    [
      "HTTP/1.1 200 OK",
      "Content-Type: text/plain",
      "X-Content-Type-Options: nosniff",
      `Content-Length: ${body.length}`,
      "Date: …",
      "Connection: close",
    ],
  );
  assert.equal(body, "GET /last  ");
});

test("empty lines before a request are passed over", async () => {
  assert.equal(bodies(await answersTo(`\r\n\r\n${lastGet}`)), "GET /last  ");
});

const targets: ReadonlyArray<{ target: string; path: string; query: string }> = [
  { target: "/v1?namespace=a%20b&x=?", path: "/v1", query: "namespace=a%20b&x=?" },
  { target: "//v1", path: "//v1", query: "" },
  { target: "/v1?", path: "/v1", query: "" },
  { target: "http://test/v1?a", path: "/v1", query: "a" },
  { target: "HTTP://test?a", path: "/", query: "a" },
  { target: "http://test", path: "/", query: "" },
  { target: "/v1/%6cock?%6c", path: "/v1/lock", query: "%6c" },
  { target: "/%76%31/%2D%2e%5F%7e%39%5A", path: "/v1/-._~9Z", query: "" },
  { target: "/a%2Fb%20%25%6", path: "/a%2Fb%20%25%6", query: "" },
];

for (const { target, path, query } of targets) {
  test(`the target ${target} is the path ${path} and the query "${query}"`, async () => {
    const received = await answersTo(lastGet.replace("/last", target));
    assert.equal(bodies(received), `GET ${path} ${query} `);
  });
}

test("repeated headers are joined, and cookies as cookies are", async () => {
  const lines = "X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\nSet-Cookie: no\r\n";
  const http = ({ headers }: HttpRequest) => ({
    status: 200,
    headers: {},
    body: JSON.stringify([headers["x-a"], headers.cookie, headers["set-cookie"]]),
  });
  const received = await answersTo(lastGet.replace("Host", `${lines}Host`), {
    routes: { http, upgrade: echo },
  });
  assert.equal(bodies(received), '["1, 2","a=1; b=2",null]');
});

test("of many small headers none is lost", async () => {
  const http = ({ headers }: HttpRequest) => ({
    status: 200,
    headers: {},
    body: headers["x-last"] ?? "lost",
  });
  const lines = `${"A:\r\n".repeat(3000)}X-Last: kept\r\n`;
  const received = await answersTo(lastGet.replace("Connection", `${lines}Connection`), {
    routes: { http, upgrade: echo },
  });
  assert.equal(bodies(received), "kept");
});

test("pipelined requests are answered in their order, however the answers come", async () => {
  const waiting: Array<() => void> = [];
  const http = (request: HttpRequest) =>
    new Promise<HttpResponse>((resolve) => {
      waiting.push(() => resolve(echo(request)));
      // All five have arrived. Answer the last one first.
      if (waiting.length === 5) for (const answer of waiting.reverse()) answer();
    });
  const paths = ["/1", "/2", "/3", "/4"];
  const requests = paths.map((path) => get.replace("/a", path)).join("");
  const received = await answersTo(requests + lastGet, { routes: { http, upgrade: echo } });
  assert.equal(bodies(received), "GET /1  |GET /2  |GET /3  |GET /4  |GET /last  ");
});

test("more pipelined requests than may wait are answered all the same", async () => {
  const http = (request: HttpRequest) =>
    new Promise<HttpResponse>((resolve) => setImmediate(() => resolve(echo(request))));
  const received = await answersTo(get.repeat(20_000) + lastGet, {
    routes: { http, upgrade: echo },
    limits: { pipelinedRequestsMax: 3 },
  });
  assert.equal(statuses(received).length, 20_001);
});

for (const what of ["silent", "gone"] as const) {
  test(`each pipelined request without an answer learns that its client is ${what}`, async () => {
    const events: string[] = [];
    const warnings: Error[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on("warning", warn);
    let asked = 0;
    await using test = await startListener({
      routes: {
        http({ path }, client) {
          asked += 1;
          client.whenSilent(() => events.push(`silent ${path}`));
          client.whenGone(() => events.push(`gone ${path}`));
          return new Promise<HttpResponse>(() => {});
        },
        upgrade: echo,
      },
    });
    const client = await connectRaw(test.listener.port);
    const paths = Array.from({ length: 20 }, (_, number) => `/${number}`);
    client.send(paths.map((path) => get.replace("/a", path)).join(""));
    await until(() => asked === paths.length);
    if (what === "silent") client.socket.end();
    else client.socket.resetAndDestroy();
    await until(() => events.length === paths.length);
    process.off("warning", warn);
    assert.deepEqual(
      events,
      paths.map((path) => `${what} ${path}`),
    );
    assert.deepEqual(warnings, []);
    client.socket.destroy();
  });
}

test("a connection is read no further while too many of its requests wait", async () => {
  let asked = 0;
  const http = (request: HttpRequest) => {
    if (request.path === "/last") return echo(request);
    asked += 1;
    return new Promise<HttpResponse>(() => {});
  };
  await using test = await startListener({
    routes: { http, upgrade: echo },
    limits: { pipelinedRequestsMax: 10 },
  });
  const client = await connectRaw(test.listener.port);
  // More than the kernel buffers for both sides.
  client.send(get.repeat(500_000));
  for (let trips = 0; trips < 50; trips++) await roundTrip(test);
  const chunkBytes = 64 * 1024;
  assert.ok(asked > 10 && asked < (2 * chunkBytes) / get.length, `${asked} were asked`);
  client.socket.destroy();
});

test("requests reach the routes in their order, also behind a body", async () => {
  const asked: string[] = [];
  const http = (request: HttpRequest) => {
    asked.push(request.path);
    return echo(request);
  };
  const post = "POST /b HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody";
  await answersTo(get + post + get + lastGet, { routes: { http, upgrade: echo } });
  assert.deepEqual(asked, ["/a", "/b", "/a", "/last"]);
});

test("a request that arrives byte by byte is answered", async () => {
  await using test = await startListener(echoing);
  const client = await connectRaw(test.listener.port);
  const post = "POST /b HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody";
  await client.sendByteByByte(`${post}${post}${lastGet}`);
  assert.equal(bodies(await client.closed()), "POST /b  body|POST /b  body|GET /last  ");
});

test("a chunked body is whole", async () => {
  const chunks = "4\r\nbody\r\n1;x=y\r\n!\r\n0\r\nTrailer: t\r\n\r\n";
  const post = `POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
  assert.equal(bodies(await answersTo(post + lastGet)), "POST /  body!|GET /last  ");
});

test("an answer to HEAD has the length of the body and no body", async () => {
  const received = await answersTo(lastGet.replace("GET", "HEAD"));
  assert.match(received, /Content-Length: 12\r\n[\s\S]*\r\n\r\n$/);
});

test("an answer that cannot have a body has no length", async () => {
  const http = () => ({ status: 204, headers: {}, body: "" });
  const received = await answersTo(lastGet, { routes: { http, upgrade: echo } });
  assert.match(received, /^HTTP\/1\.1 204 /);
  assert.doesNotMatch(received, /Content-Length|Transfer-Encoding/i);
});

test("a client that ends its side after the request still gets the answer", async () => {
  const waiting: Array<() => void> = [];
  const http = (request: HttpRequest) =>
    request.path === "/last"
      ? echo(request)
      : new Promise<HttpResponse>((resolve) => waiting.push(() => resolve(echo(request))));
  await using test = await startListener({ routes: { http, upgrade: echo } });
  const client = await connectRaw(test.listener.port);
  client.socket.end(get + get);
  // The client's end arrives before the answers.
  for (let trips = 0; trips < 5; trips++) await roundTrip(test);
  for (const answer of waiting) answer();
  assert.equal(bodies(await client.closed()), "GET /a  |GET /a  ");
});

const malformed: ReadonlyArray<{ what: string; bytes: string; status: string }> = [
  { what: "garbage", bytes: "garbage\r\n\r\n", status: "400" },
  { what: "no Host", bytes: "GET / HTTP/1.1\r\n\r\n", status: "400" },
  { what: "bare line feeds", bytes: "GET / HTTP/1.1\nHost: test\n\n", status: "400" },
  {
    what: "a folded header",
    bytes: "GET / HTTP/1.1\r\nHost: test\r\nA: b\r\n c\r\n\r\n",
    status: "400",
  },
  {
    what: "a space before a colon",
    bytes: "GET / HTTP/1.1\r\nHost: test\r\nContent-Length : 3\r\n\r\nabc",
    status: "400",
  },
  {
    what: "both ways to tell the length of the body",
    bytes:
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    status: "400",
  },
  {
    what: "two lengths",
    bytes: "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    status: "400",
  },
  {
    what: "a transfer coding after chunked",
    bytes: "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n",
    status: "400",
  },
  {
    what: "a broken chunk",
    bytes: "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    status: "400",
  },
  {
    what: "large headers",
    bytes: `GET / HTTP/1.1\r\nHost: test\r\nA: ${"x".repeat(17 * 1024)}\r\n\r\n`,
    status: "431",
  },
  { what: "a long target", bytes: `GET /${"x".repeat(17 * 1024)}`, status: "431" },
  {
    what: "another expectation",
    bytes: get.replace("Host", "Expect: a-miracle\r\nHost"),
    status: "417",
  },
];

for (const { what, bytes, status } of malformed) {
  test(`a request with ${what} is answered ${status}, once, and nothing after it is heard`, async () => {
    const received = await answersTo(bytes + get);
    assert.deepEqual(statuses(received), [status]);
    assert.match(received, /\r\nConnection: close\r\n/);
  });
}

test("what came whole before a malformed request is answered first", async () => {
  const post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody";
  const http = (request: HttpRequest) =>
    new Promise<HttpResponse>((resolve) => setImmediate(() => resolve(echo(request))));
  const received = await answersTo(`${get}${post}garbage\r\n\r\n`, {
    routes: { http, upgrade: echo },
  });
  assert.deepEqual(statuses(received), ["200", "200", "400"]);
});

const limits = { bodyBytesMax: 10 };

test("a body as long as allowed is taken", async () => {
  const post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n0123456789";
  assert.equal(
    bodies(await answersTo(post + lastGet, { ...echoing, limits })),
    "POST /  0123456789|GET /last  ",
  );
});

test("a body that is too large is refused after what came before it, and nothing behind it is asked", async () => {
  await using test = await startListener({ ...echoing, limits });
  for (const body of [
    "Content-Length: 11\r\n\r\n01234567890",
    "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
  ]) {
    const client = await connectRaw(test.listener.port);
    client.send(`${get}POST / HTTP/1.1\r\nHost: test\r\n${body}${get}${get}`);
    client.socket.end();
    assert.deepEqual(statuses(await client.closed()), ["200", "413"]);
  }
  assert.equal(test.listener.status().requestsTotal, 2);
});

test("a body that says it is too large is refused before it comes", async () => {
  const post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\n";
  await using test = await startListener({ ...echoing, limits });
  const client = await connectRaw(test.listener.port);
  client.send(post);
  await client.until((received) => received.startsWith("HTTP/1.1 413 "));
  client.socket.end(`01234567890${get}`);
  assert.deepEqual(statuses(await client.closed()), ["413"]);
  assert.equal(test.listener.status().refusedTotal.body_too_large, 1);
  assert.equal(test.listener.status().requestsTotal, 0);
});

test("a body that turns out too large is refused, and its rest does not lose the answer", async () => {
  await using test = await startListener({ ...echoing, limits });
  const client = await connectRaw(test.listener.port);
  client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
  for (let count = 0; count < 500; count++) client.send(chunk);
  client.socket.end("0\r\n\r\n");
  assert.deepEqual(statuses(await client.closed()), ["413"]);
});

test("a client that waits for 100 is told to go on, or not to", async () => {
  await using test = await startListener({ ...echoing, limits });
  const expecting = (bytes: number) =>
    `POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;
  const modest = await connectRaw(test.listener.port);
  modest.send(expecting(10));
  await modest.until((received) => received === "HTTP/1.1 100 Continue\r\n\r\n");
  modest.send(`0123456789${lastGet}`);
  assert.deepEqual(statuses(await modest.closed()), ["100", "200", "200"]);

  const greedy = await connectRaw(test.listener.port);
  greedy.send(expecting(11));
  assert.deepEqual(statuses(await greedy.until((received) => received !== "")), ["413"]);
  greedy.socket.destroy();
});

const slow: ReadonlyArray<{ what: string; bytes: string }> = [
  { what: "headers", bytes: "GET / HTTP/1.1\r\nHost: te" },
  {
    what: "a body",
    bytes: "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n012",
  },
  { what: "the headers of a second request", bytes: `${get}GET / HTTP/1.1\r\n` },
];

for (const { what, bytes } of slow) {
  test(`a client that takes too long for ${what} is answered 408 and cut`, async () => {
    await using test = await startListener({
      ...echoing,
      timeouts: { headerMs: 20, requestMs: 40 },
    });
    const client = await connectRaw(test.listener.port);
    client.send(bytes);
    assert.equal(statuses(await client.closed()).at(-1), "408");
    assert.equal(test.listener.status().refusedTotal.request_timeout, 1);
  });
}

test("an idle connection is closed without a word", async () => {
  await using test = await startListener({ ...echoing, timeouts: { keepAliveMs: 1 } });
  const client = await connectRaw(test.listener.port);
  client.send(get);
  assert.deepEqual(statuses(await client.closed()), ["200"]);
});

test("a client that does not take its answer is cut", async () => {
  const http = () => ({ status: 200, headers: {}, body: "x".repeat(64 * 1024 * 1024) });
  await using test = await startListener({
    routes: { http, upgrade: echo },
    timeouts: { headerMs: 20, requestMs: 40 },
  });
  const client = await connectRaw(test.listener.port);
  client.socket.pause();
  client.send(get);
  // The client sees the cut only when it reads on: the buffered bytes, then the end.
  await until(() => test.listener.status().connectionsOpen === 0);
  client.socket.resume();
  assert.ok((await client.closed()).length < 64 * 1024 * 1024);
});

for (const http of [
  () => {
    throw new Error("boom");
  },
  () => Promise.reject(new Error("boom")),
  () => ({ status: 200, headers: { "X-Bad": "boom\r\nX-Worse: 1" }, body: "" }),
  () => ({ status: 9999, headers: {}, body: "" }),
]) {
  test(`a handler that fails (${http}) is answered 500 and logged, and the server lives`, async () => {
    await using test = await startListener({ routes: { http, upgrade: echo } });
    for (let count = 0; count < 2; count++) {
      const client = await connectRaw(test.listener.port);
      client.send(get);
      const received = await client.closed();
      assert.deepEqual(statuses(received), ["500"]);
      assert.equal(bodies(received), '{"error":"internal error"}\n');
      assert.doesNotMatch(received, /boom/);
    }
    assert.equal(test.lines.filter(({ msg }) => msg === "a request failed").length, 2);
  });
}

test("a client that vanishes in the middle of a body, or before its answer, hurts nobody", async () => {
  let answer: (response: HttpResponse) => void = () => {};
  const http = () =>
    new Promise<HttpResponse>((resolve) => {
      answer = resolve;
    });
  await using test = await startListener({ routes: { http, upgrade: echo } });
  const inBody = await connectRaw(test.listener.port);
  inBody.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n012");
  const waiting = await connectRaw(test.listener.port);
  waiting.send(get);
  await until(() => test.listener.status().requestsTotal !== 0);
  inBody.socket.resetAndDestroy();
  waiting.socket.resetAndDestroy();
  await until(() => test.listener.status().connectionsOpen === 0);
  answer({ status: 200, headers: {}, body: "too late" });

  const next = await connectRaw(test.listener.port);
  next.send(lastGet);
  await until(() => test.listener.status().requestsTotal !== 1);
  answer({ status: 200, headers: {}, body: "" });
  assert.deepEqual(statuses(await next.closed()), ["200"]);
});

test("an offer of HTTP/2 over clear text is not taken up", async () => {
  const offer =
    "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n";
  assert.deepEqual(statuses(await answersTo(offer)), ["200"]);
});

test("CONNECT ends the connection", async () => {
  await using test = await startListener(echoing);
  const client = await connectRaw(test.listener.port);
  client.send("CONNECT other:80 HTTP/1.1\r\nHost: other\r\n\r\n");
  await once(client.socket, "close");
  assert.equal(client.received(), "");
});
