import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import {
  callHead,
  type Http2Answer,
  type Http2Client,
  type Http2Exchange,
  openHttp2Client,
} from "../../../testing/http2-client.ts";
import { frame, opening, uint32, wholeCall } from "../../../testing/http2-frames.ts";
import {
  connectRaw,
  type ListenerWishes,
  type RawClient,
  startListener,
  until,
} from "../../../testing/loopback.ts";
import {
  type CallPeer,
  type CallReceiver,
  callDone,
  callFailed,
  ProtobufError,
  unaryReceiver,
  withPrefix,
} from "../../protocols/grpc/mod.ts";
import type { HttpRequest } from "../../protocols/protocol.ts";
import { createHandshakes } from "../tls/handshakes.ts";
import type { CallHead } from "./calls.ts";

/** Routes that echo, and the events that they saw. */
function echoing() {
  const told: string[] = [];
  const requests: HttpRequest[] = [];
  const heads: CallHead[] = [];
  const peers: CallPeer[] = [];
  let close = () => {};

  function receiverOf(path: string, peer: CallPeer): CallReceiver {
    const cancelled = () => told.push(`${path} cancelled`);
    if (path === "/stream") {
      return {
        takes: "many",
        message: (bytes) => peer.send(bytes),
        finished: () => peer.end({ status: callDone }),
        cancelled,
      };
    }
    return unaryReceiver(peer, {
      asked(message) {
        told.push(`${path} asked`);
        if (path === "/wait") return;
        if (path === "/fault") throw new ProtobufError("no message of ours");
        if (path === "/bug") throw new Error("a bug");
        peer.end({ status: callDone, message, metadata: { "x-token": "7" } });
      },
      cancelled,
    });
  }

  const wishes: ListenerWishes = {
    routes: {
      http(request) {
        requests.push(request);
        return { status: 201, headers: { "X-Answer": "yes" }, body: "created" };
      },
      upgrade: () => ({ status: 404, headers: {}, body: "" }),
      calls(socket) {
        close = socket.close;
        return {
          begin(head, peer) {
            heads.push(head);
            peers.push(peer);
            if (head.path === "/refused") return callFailed("unauthenticated", "100 % näß");
            return receiverOf(head.path, peer);
          },
          isHeldBack: () => false,
          closed: () => told.push("closed"),
        };
      },
    },
  };
  return { wishes, told, requests, heads, peers, close: () => close() };
}

/** A whole call with these messages. */
function call(
  client: Http2Client,
  path: string,
  messages: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Http2Answer> {
  return client.request(callHead(path, headers), Buffer.concat(messages.map(withPrefix))).closed;
}

function beginCall(client: Http2Client, path: string): Http2Exchange {
  return client.request(callHead(path), undefined, { isOpen: true });
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const hello = Buffer.from("hello");
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const settings = "\0\0\0\x04\0\0\0\0\0";

test("a request that expects 100-continue is told to send its body", async () => {
  const { wishes, requests } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const head = { ":method": "POST", ":path": "/", expect: "100-Continue" };
  const { stream, closed } = client.request(head, undefined, { isOpen: true });
  await once(stream, "continue");
  stream.end("hello");
  assert.equal((await closed).headers[":status"], 201);
  assert.equal(String(requests[0]?.body), "hello");
  client.destroy();
});

test("so is one without a body, for which some clients wait", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const head = { ":method": "POST", ":path": "/", expect: "100-Continue" };
  const { stream, closed } = client.request(head);
  const told = once(stream, "continue");
  assert.equal((await closed).headers[":status"], 201);
  await told;
  client.destroy();
});

for (const { why, fields, status } of [
  { why: "whose body is too large", fields: { "content-length": "2000000" }, status: 413 },
  { why: "that expects something else", fields: { expect: "the-unexpected" }, status: 417 },
]) {
  test(`a request ${why} is answered before its body`, async () => {
    const { wishes } = echoing();
    await using test = await startListener(wishes);
    const client = openHttp2Client(test.listener.port);
    const head = { ":method": "POST", ":path": "/", expect: "100-continue", ...fields };
    const { stream } = client.request(head, undefined, { isOpen: true });
    stream.once("continue", () => assert.fail("it is not told to go on"));
    const [headers] = await once(stream, "response");
    assert.equal(headers[":status"], status);
    client.destroy();
  });
}

test("a call is answered with its message, its status and its metadata", async () => {
  const { wishes, heads } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { headers, body, trailers, resetCode } = await call(client, "/echo", [hello], {
    "x-a": "1",
  });
  assert.equal(headers[":status"], 200);
  assert.equal(headers["content-type"], "application/grpc");
  assert.deepEqual(body, withPrefix(hello));
  assert.equal(trailers["grpc-status"], "0");
  assert.equal(trailers["grpc-message"], undefined);
  assert.equal(trailers["x-token"], "7");
  assert.equal(resetCode, 0);
  assert.equal(heads[0]?.path, "/echo");
  assert.equal(heads[0]?.metadata["x-a"], "1");
  client.destroy();
});

test("a call that is refused ends with one block of headers, its words percent-encoded", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { headers, trailers } = await beginCall(client, "/refused").closed;
  assert.equal(headers["grpc-status"], "16");
  assert.equal(headers["grpc-message"], "100 %25 n%C3%A4%C3%9F");
  assert.deepEqual(trailers, {});
  client.destroy();
});

test("messages are answered while the call goes on", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { stream, closed } = beginCall(client, "/stream");
  for (const text of ["one", "two"]) {
    stream.write(withPrefix(Buffer.from(text)));
    const [chunk] = await once(stream, "data");
    assert.deepEqual(chunk, withPrefix(Buffer.from(text)));
  }
  stream.end();
  assert.equal((await closed).trailers["grpc-status"], "0");
  client.destroy();
});

const faults: readonly (readonly [
  why: string,
  path: string,
  messages: Uint8Array[],
  code: string,
])[] = [
  ["two messages to a unary call", "/echo", [hello, hello], "13"],
  ["no message to a unary call", "/echo", [], "13"],
  ["a message that is none", "/fault", [hello], "13"],
  ["a bug of ours", "/bug", [hello], "13"],
  ["a message that is too long", "/echo", [Buffer.alloc(1025)], "8"],
];

for (const [why, path, messages, code] of faults) {
  test(`${why} ends the call with ${code}, and no other`, async () => {
    const { wishes } = echoing();
    await using test = await startListener({ ...wishes, limits: { messageBytesMax: 1024 } });
    const client = openHttp2Client(test.listener.port);
    const waiting = call(client, "/wait", [hello]);
    const { headers, trailers } = await call(client, path, messages);
    assert.equal(trailers["grpc-status"] ?? headers["grpc-status"], code);
    const { trailers: others } = await call(client, "/echo", [hello]);
    assert.equal(others["grpc-status"], "0");
    client.destroy();
    await waiting;
  });
}

test("a request that ends within a message is refused", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { stream, closed } = beginCall(client, "/echo");
  stream.end(withPrefix(hello).subarray(0, 7));
  assert.equal((await closed).headers["grpc-status"], "13");
  client.destroy();
});

test("a prefix that promises a long message is refused at once", async () => {
  const { wishes, told } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { stream, closed } = beginCall(client, "/echo");
  stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
  const { headers, resetCode } = await closed;
  assert.equal(headers["grpc-status"], "8");
  assert.equal(resetCode, 0);
  assert.deepEqual(told, ["/echo cancelled"]);
  client.destroy();
});

test("what many requests begin and do not end is bounded for all of them together", async () => {
  const { wishes, heads } = echoing();
  const limits = { unfinishedBytesMax: 100 };
  await using test = await startListener({ ...wishes, limits });
  const client = openHttp2Client(test.listener.port);
  const [first, second] = [beginCall(client, "/echo"), beginCall(client, "/echo")];
  const half = withPrefix(Buffer.alloc(100)).subarray(0, 60);
  first.stream.write(half);
  await until(() => heads.length === 2);
  second.stream.write(half);
  assert.equal((await second.closed).headers["grpc-status"], "8");
  const body = await client.request({ ":method": "POST", ":path": "/" }, Buffer.alloc(50)).closed;
  assert.equal(body.headers[":status"], 413);
  // Ended requests free their bytes.
  first.stream.close(constants.NGHTTP2_CANCEL);
  await first.closed;
  assert.equal((await call(client, "/echo", [Buffer.alloc(90)])).trailers["grpc-status"], "0");
  const whole = await client.request({ ":method": "POST", ":path": "/" }, Buffer.alloc(90)).closed;
  assert.equal(whole.headers[":status"], 201);
  client.destroy();
});

test("bodies that are too large leave room for others when they are refused", async () => {
  const { wishes } = echoing();
  const limits = { unfinishedBytesMax: 100, bodyBytesMax: 10 };
  await using test = await startListener({ ...wishes, limits });
  const client = openHttp2Client(test.listener.port);
  const head = { ":method": "POST", ":path": "/" };
  for (let count = 0; count < 5; count++) {
    const announced = { ...head, "content-length": "60" };
    const { headers } = await client.request(announced, Buffer.alloc(60)).closed;
    assert.equal(headers[":status"], 413);
  }
  const whole = await client.request(head, Buffer.alloc(9)).closed;
  assert.equal(whole.headers[":status"], 201);
  client.destroy();
});

test("compressed messages and timeouts that are none are refused by their head", async () => {
  const { wishes, told } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const gzip = await call(client, "/echo", [hello], { "grpc-encoding": "gzip" });
  assert.equal(gzip.headers["grpc-status"], "12");
  assert.equal(gzip.headers["grpc-accept-encoding"], "identity");
  const timeout = await call(client, "/echo", [hello], { "grpc-timeout": "soon" });
  assert.equal(timeout.headers["grpc-status"], "13");
  const identity = await call(client, "/echo", [hello], { "grpc-encoding": "identity" });
  assert.equal(identity.trailers["grpc-status"], "0");
  assert.deepEqual(told, ["/echo asked"]);
  client.destroy();
});

test("a call ends at its deadline, and the service hears of it", async () => {
  const { wishes, told } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const ended = call(client, "/wait", [hello], { "grpc-timeout": "2S" });
  await until(() => told.length === 1);
  test.clock.advance(1_999);
  assert.deepEqual(told, ["/wait asked"]);
  test.clock.advance(1);
  assert.equal((await ended).headers["grpc-status"], "4");
  assert.deepEqual(told, ["/wait asked", "/wait cancelled"]);
  client.destroy();
});

test("a request that does not come is given up, a stream that is silent is not", async () => {
  const { wishes, heads } = echoing();
  await using test = await startListener({ ...wishes, timeouts: { requestMs: 5_000 } });
  const client = openHttp2Client(test.listener.port);
  const [silent, open] = [beginCall(client, "/echo"), beginCall(client, "/stream")];
  silent.stream.write(withPrefix(hello).subarray(0, 7));
  await until(() => heads.length === 2);
  await endOfTurn();
  test.clock.advance(5_000);
  assert.equal((await silent.closed).headers["grpc-status"], "1");
  open.stream.end(withPrefix(hello));
  assert.equal((await open.closed).trailers["grpc-status"], "0");
  client.destroy();
});

test("a call that the client resets is cancelled, once, and hears nothing more", async () => {
  const { wishes, told, peers } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { stream } = beginCall(client, "/wait");
  stream.end(withPrefix(hello));
  await until(() => told.length === 1);
  stream.close(constants.NGHTTP2_CANCEL);
  await until(() => told.length === 2);
  peers[0]?.send(hello);
  peers[0]?.end({ status: callDone });
  assert.equal((await call(client, "/echo", [hello])).trailers["grpc-status"], "0");
  assert.deepEqual(told, ["/wait asked", "/wait cancelled", "/echo asked"]);
  assert.equal(test.listener.status().callsOpen, 0);
  assert.equal(test.listener.status().callsTotal, 2);
  client.destroy();
});

const authority = createAuthority("authority");
const identity = authority.issue();
const tlsClient: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };

for (const [where, tls] of [
  ["in the clear", undefined],
  ["over TLS", tlsClient],
] as const) {
  const handshakes =
    tls &&
    createHandshakes(
      { cert: identity.certificate, key: identity.key },
      { needsClientCertificate: false },
    );

  // Node cannot reset a TLS connection.
  const endings = [
    "end",
    "destroy",
    ...(tls === undefined ? (["resetAndDestroy"] as const) : []),
  ] as const;
  for (const how of endings) {
    test(`the handler hears that the connection is gone, by ${how}, before its calls, ${where}`, async () => {
      const { wishes, told } = echoing();
      await using test = await startListener({ ...wishes, handshakes });
      const client = openHttp2Client(test.listener.port, tls);
      void call(client, "/wait", [hello]);
      await until(() => told.length === 1);
      client.socket[how]();
      await until(() => told.length === 3);
      assert.deepEqual(told, ["/wait asked", "closed", "/wait cancelled"]);
      client.destroy();
    });
  }

  test(`a peer that does not answer a ping is cut, one that does stays, ${where}`, async () => {
    const { wishes } = echoing();
    const timeouts = { http2PingIntervalMs: 1_000, http2PingTimeoutMs: 100 };
    await using test = await startListener({ ...wishes, handshakes, timeouts });
    const alive = openHttp2Client(test.listener.port, tls);
    await call(alive, "/echo", [hello]);
    await answerPing(1_000);
    test.clock.advance(100);
    const dead = await connectRaw(test.listener.port, tls);
    dead.send(Buffer.from(`${preface}${settings}`, "latin1"));
    await dead.until((received) => received.length >= 18);
    await call(alive, "/echo", [hello]);
    await answerPing(900);
    test.clock.advance(100);
    await dead.until((received) => received.includes("\0\0\x08\x06\0"));
    test.clock.advance(100);
    await dead.closed();
    assert.equal((await call(alive, "/echo", [hello])).trailers["grpc-status"], "0");
    assert.equal(test.listener.status().refusedTotal.http2_silent, 1);
    alive.destroy();

    /** The frame behind the answer to the ping shows that the server has read the answer. */
    async function answerPing(afterMs: number): Promise<void> {
      const pinged = once(alive.session, "ping");
      test.clock.advance(afterMs);
      await pinged;
      await call(alive, "/echo", [hello]);
    }
  });

  test(`a plain request is known to have come ${where}`, async () => {
    const { wishes, requests } = echoing();
    await using test = await startListener({ ...wishes, handshakes });
    const client = openHttp2Client(test.listener.port, tls);
    await client.request({ ":path": "/" }).closed;
    assert.equal(requests[0]?.isEncrypted, tls !== undefined);
    client.destroy();
  });
}

test("HTTP/2 is spoken inside TLS also when nothing was agreed on", async () => {
  const { wishes } = echoing();
  const context = { cert: identity.certificate, key: identity.key };
  const handshakes = createHandshakes(context, { needsClientCertificate: false });
  await using test = await startListener({ ...wishes, handshakes });
  const client = await connectRaw(test.listener.port, tlsClient);
  client.send(Buffer.from(`${preface}${settings}`, "latin1"));
  await client.until((received) => received.includes("\0\0\0\x04\x01\0\0\0\0"));
  client.socket.destroy();
});

test("a plain request is answered as over HTTP/1.1", async () => {
  const { wishes, requests } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const head = {
    ":method": "POST",
    ":path": "/v1/lock?x=1",
    "content-type": "application/json",
    cookie: ["a=1", "b=2"],
  };
  const { headers, body } = await client.request(head, Buffer.from("{}")).closed;
  assert.equal(headers[":status"], 201);
  assert.equal(headers["x-answer"], "yes");
  assert.equal(headers["content-length"], "7");
  assert.equal(body.toString(), "created");
  const [request] = requests;
  assert.deepEqual(request && { ...request, body: String(request.body) }, {
    method: "POST",
    path: "/v1/lock",
    query: "x=1",
    headers: {
      host: `127.0.0.1:${test.listener.port}`,
      "content-type": "application/json",
      cookie: "a=1; b=2",
    },
    body: "{}",
    remoteAddress: "127.0.0.1",
    isEncrypted: false,
  });
  client.destroy();
});

test("a body that is too large gets 413, announced or not, and a HEAD no body", async () => {
  const { wishes, requests } = echoing();
  await using test = await startListener({ ...wishes, limits: { bodyBytesMax: 10 } });
  const client = openHttp2Client(test.listener.port);
  for (const headers of [{ "content-length": "11" }, {}]) {
    const head = { ":method": "POST", ":path": "/", ...headers };
    const { closed } = client.request(head, Buffer.from("x".repeat(11)));
    assert.equal((await closed).headers[":status"], 413);
  }
  assert.equal(requests.length, 0);
  const head = await client.request({ ":method": "HEAD", ":path": "/" }).closed;
  assert.equal(head.headers[":status"], 201);
  assert.equal(head.body.length, 0);
  client.destroy();
});

test("a call by another method than POST gets 405", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { closed } = client.request({ ":path": "/echo", "content-type": "application/grpc" });
  assert.equal((await closed).headers[":status"], 405);
  client.destroy();
});

test("where no calls are heard they are unimplemented", async () => {
  await using test = await startListener({});
  const client = openHttp2Client(test.listener.port);
  const { headers } = await call(client, "/ldlm.LDLM/Lock", [hello]);
  assert.equal(headers["grpc-status"], "12");
  client.destroy();
});

test("a stop lets the calls end that have begun, and takes no others", async () => {
  const { wishes, told, peers } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const waiting = call(client, "/wait", [hello]);
  await until(() => told.length === 1);
  const goaway = once(client.session, "goaway");
  test.listener.stopAccepting();
  await goaway;
  peers[0]?.end({ status: callFailed("unavailable", "the server is stopping") });
  assert.equal((await waiting).headers["grpc-status"], "14");
  await once(client.session, "close");
  await until(() => told.includes("closed"));
});

test("what a connection is closed for is told before", async () => {
  const { wishes, told, peers, close } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const waiting = call(client, "/wait", [hello]);
  await until(() => told.length === 1);
  peers[0]?.end({ status: callFailed("aborted", "an operator ended the session") });
  close();
  assert.equal((await waiting).headers["grpc-status"], "10");
  await once(client.session, "close");
});

/** HEADERS of stream 1 with only `:method: GET`, which is no valid HTTP/2 request. */
const malformed = "\0\0\x01\x01\x05\0\0\0\x01\x82";
const hostile: readonly (readonly [why: string, bytes: string])[] = [
  ["no preface behind its beginning", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"],
  ["a frame longer than it may be", `${preface}${settings}\xff\xff\xff\x00\0\0\0\0\x01`],
  ["a frame of an idle stream", `${preface}${settings}\0\0\x01\x00\0\0\0\0\x01x`],
  ["headers that cannot be unpacked", `${preface}${settings}\0\0\x02\x01\x04\0\0\0\x01\xff\xff`],
  ["a push promise", `${preface}${settings}\0\0\x04\x05\x04\0\0\0\x01\0\0\0\x02`],
  ["a window that overflows", `${preface}${settings}\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff`],
];

for (const [why, bytes] of hostile) {
  test(`${why} ends the connection, counted, and no other`, async () => {
    const { wishes } = echoing();
    await using test = await startListener(wishes);
    const client = openHttp2Client(test.listener.port);
    const raw = await connectRaw(test.listener.port);
    raw.send(Buffer.from(bytes, "latin1"));
    await raw.closed();
    assert.equal(test.listener.status().refusedTotal.http2_fault, 1);
    assert.equal((await call(client, "/echo", [hello])).trailers["grpc-status"], "0");
    client.destroy();
  });
}

for (const [who, leave] of [
  [
    "Go's gRPC client, whose GOAWAY names its own last stream",
    ({ send }: RawClient) => send(frame("goAway", {}, Buffer.concat([uint32(1), uint32(0)]))),
  ],
  [
    "a health check that resets the connection",
    ({ socket }: RawClient) => socket.resetAndDestroy(),
  ],
] as const) {
  test(`${who} leaves in good order`, async () => {
    const { wishes } = echoing();
    await using test = await startListener(wishes);
    const client = await connectRaw(test.listener.port);
    client.send(Buffer.concat([opening, wholeCall(1, "/echo")]));
    const answer = frame("data", { stream: 1 }, Buffer.alloc(5)).toString("latin1");
    await client.until((received) => received.includes(answer));
    await until(() => test.listener.status().callsOpen === 0);
    leave(client);
    await client.closed();
    await until(() => test.listener.status().connectionsOpen === 0);
    assert.equal(test.listener.status().refusedTotal.http2_fault, 0);
    assert.deepEqual(test.lines, []);
  });
}

test("a malformed request ends its stream alone", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = await connectRaw(test.listener.port);
  client.send(Buffer.from(`${preface}${settings}${malformed}`, "latin1"));
  await client.until((received) => received.includes("\0\0\x04\x03\0\0\0\0\x01"));
  client.socket.destroy();
});

test("connections whose first bytes open many streams are all served, over several turns", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const clients = Array.from({ length: 4 }, () => openHttp2Client(test.listener.port));
  for (const client of clients) {
    for (let count = 0; count < 700; count++) beginCall(client, "/wait");
  }
  await until(() => test.listener.status().callsOpen === 2800);
  for (const { session } of clients) session.destroy();
  await until(() => test.listener.status().callsOpen === 0);
});

test("a peer that resets streams without end is cut", async () => {
  const { wishes } = echoing();
  await using test = await startListener(wishes);
  const client = openHttp2Client(test.listener.port);
  const { session } = client;
  while (!session.closed && !session.destroyed) {
    for (let count = 0; count < 500 && !session.closed; count++) {
      beginCall(client, "/wait").stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => test.listener.status().connectionsOpen === 0);
  assert.equal(test.listener.status().callsOpen, 0);
});
