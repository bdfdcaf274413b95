/** Clients of Nexus against the real process; docs/protocols/nexus.md. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectNexus, type NexusPeer } from "../../testing/nexus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
const password = "of the root";
const files = ["--data", "data", "--root-password-file", "password"];
const argv = [...files, "--nexus-nobody-tags", "@topic.pub:news,@user.count"];
let server: LiveServer;

before(async () => {
  writeFileSync(join(folder.path, "password"), `${password}\n`);
  server = await startLiveServer({ folder: folder.path, argv });
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function connectRoot(): Promise<NexusPeer> {
  const peer = await connectNexus(server.port);
  await peer.ask("sys.version");
  await peer.ask("sys.login", { user: "root", pass: password });
  return peer;
}

test("a connection speaks as in 0.2 until it asks for the version", async () => {
  const peer = await connectNexus(server.port);
  assert.equal(await peer.ask("sys.ping"), "pong");
  assert.deepEqual(await peer.ask("sys.version"), { version: "1.9.4" });
  assert.deepEqual(await peer.ask("sys.ping"), { ok: true });
  peer.end();
});

test("who has not logged in may do what nexus.nobodyTags says, and nothing else", async () => {
  const peer = await connectNexus(server.port);
  assert.deepEqual(await peer.ask("topic.pub", { topic: "News.today", msg: 1 }), {
    ok: true,
    sent: 0,
  });
  assert.deepEqual(await peer.ask("user.count"), { count: 1 });
  assert.equal(await peer.fail("topic.pub", { topic: "other", msg: 1 }), -32010);
  assert.equal(await peer.fail("user.list"), -32010);
  peer.end();
});

test("ids come back as they came, and values that are no call get errors", async () => {
  const peer = await connectNexus(server.port);
  const ids = ["4294967297", "-1", "0", '""', '"1"', "1.50", "1e6", "9223372036854775808", "[1]"];
  for (const id of ids) {
    peer.send(`{"id":${id},"method":"sys.version"}`);
    const line = await peer.hear();
    assert.ok(line.startsWith(`{"jsonrpc":"2.0","id":${id},"result":`), line);
  }
  for (const [sent, code] of [
    ["[]", -32600],
    ['{"id":null,"jsonrpc":"1.0","method":"sys.ping"}', -32600],
    ['{"method":5}', -32600],
    ["nonsense\n", -32700],
    ['{"id":oops', -32700],
  ] as const) {
    peer.send(sent);
    const { id, error } = JSON.parse(await peer.hear());
    assert.deepEqual([id, error.code], [null, code], sent);
  }
  peer.send('{"method":"sys.ping"}{"id":"x","method":"no.such"}');
  assert.match(await peer.hear(), /"id":"x","error":\{"code":-32601,"message":"Method not found"/);
  peer.end();
});

test("who has not logged in has no rights, and a wrong password gives none", async () => {
  const peer = await connectNexus(server.port);
  assert.equal(await peer.fail("sync.lock", { lock: "a" }), -32010);
  assert.equal(await peer.fail("sync.lock", { lock: "a b" }), -32602);
  assert.equal(await peer.fail("user.list"), -32010);
  assert.equal(await peer.fail("sys.login", { user: "root", pass: "guessed" }), -32010);
  assert.equal(await peer.fail("sys.login", { user: "root" }), -32602);
  assert.equal(await peer.fail("sys.reload"), -32600);
  peer.end();
  const labels = { api: "nexus", reason: "wrong" };
  assert.ok((await server.figures()).of("holdfast_credentials_refused_total", labels) >= 1);
});

test("root makes a user, who may do what its tags say, until it is disabled", async () => {
  const [root, amy] = await Promise.all([connectRoot(), connectNexus(server.port)]);
  await amy.ask("sys.version");
  await root.ask("user.create", { user: "Amy", pass: "secret" });
  assert.equal(await root.fail("user.create", { user: "amy", pass: "secret" }), -32005);
  await root.ask("user.setTags", { user: "amy", prefix: "shop", tags: { "@sync.lock": true } });
  await root.ask("user.addBlacklist", { user: "amy", ip: "192.0.*" });
  const login = await amy.ask<{ user: string; connid: string; tags: unknown }>("sys.login", {
    user: "AMY",
    pass: "secret",
  });
  assert.equal(login.user, "amy");
  assert.deepEqual(login.tags, { shop: { "@sync.lock": true } });
  assert.deepEqual(await amy.ask("sync.lock", { lock: "shop.door" }), { ok: true });
  assert.equal(await amy.fail("sync.lock", { lock: "shop.door" }), -32006);
  assert.equal(await amy.fail("sync.unlock", { lock: "shop.door" }), -32010);
  assert.deepEqual(await root.ask("sync.list"), [{ id: "shop.door", owner: login.connid }]);
  const [listed] = await root.ask<readonly object[]>("user.list", { prefix: "amy" });
  assert.deepEqual(
    { ...listed, createdAt: "" },
    {
      user: "amy",
      tags: { shop: { "@sync.lock": true } },
      templates: [],
      whitelist: [],
      blacklist: ["192.0.*"],
      maxsessions: 50,
      disabled: false,
      createdAt: "",
    },
  );
  await root.ask("user.setDisabled", { user: "amy", disabled: true });
  assert.equal(await amy.fail("sync.lock", { lock: "shop.window" }), -32010);
  assert.equal(await amy.fail("sys.login", { user: "amy", pass: "secret" }), -32010);
  const { kicked } = await root.ask<{ kicked: number }>("sys.session.kick", {
    connid: login.connid,
  });
  assert.equal(kicked, 1);
  await amy.closed;
  assert.deepEqual(await root.ask("sync.list"), []);
  root.end();
});

test("a lock is the same over Nexus and LDLM, and ends with its connection", async () => {
  const [root, session] = await Promise.all([connectRoot(), openLdlmSession(server.port)]);
  const { key } = await session.lock("shared");
  assert.equal(await root.fail("sync.lock", { lock: "shared" }), -32006);
  await session.unlock("shared", key ?? "");
  await root.ask("sync.lock", { lock: "shared" });
  assert.equal((await session.lock("shared")).locked, false);
  root.end();
  await root.closed;
  assert.equal((await session.lock("shared")).locked, true);
  await session.end();
});

test("pipes keep what is written and published, and reads wait", async () => {
  const [reader, writer] = await Promise.all([connectRoot(), connectRoot()]);
  const { pipeid } = await reader.ask<{ pipeid: string }>("pipe.create", { len: 3 });
  const reading = reader.ask("pipe.read", { pipeid, max: 10, timeout: 20 });
  await writer.ask("pipe.write", { pipeid, msg: { big: "9007199254740993" } });
  assert.deepEqual(await reading, {
    waiting: 0,
    drops: 0,
    msgs: [{ msg: { big: "9007199254740993" }, count: 1 }],
  });
  await reader.ask("topic.sub", { pipeid, topic: "News.*" });
  assert.deepEqual(await writer.ask("topic.pub", { topic: "news.today", msg: null }), {
    ok: true,
    sent: 1,
  });
  await writer.ask("pipe.write", { pipeid, msg: [1, 2, 3, 4], multi: true });
  assert.deepEqual(await reader.ask("pipe.read", { pipeid, max: 2 }), {
    waiting: 1,
    drops: 2,
    msgs: [
      { msg: { topic: "news.today", msg: null }, count: 2 },
      { msg: 1, count: 3 },
    ],
  });
  assert.deepEqual(await reader.ask("topic.list"), [{ topic: "news.*", subscribers: 1 }]);
  const figures = await server.figures();
  assert.ok(figures.of("holdfast_pipes") >= 1 && figures.of("holdfast_pipe_drops_total") >= 2);
  assert.deepEqual(await reader.ask("pipe.read", { pipeid, timeout: 0.01, max: 1 }), {
    waiting: 0,
    drops: 0,
    msgs: [{ msg: 2, count: 4 }],
  });
  assert.deepEqual(await reader.ask("pipe.read", { pipeid, timeout: 0.01 }), {
    waiting: 0,
    drops: 0,
    msgs: [],
  });
  assert.equal(await writer.fail("pipe.read", { pipeid }), -32003);
  reader.end();
  await reader.closed;
  assert.equal(await writer.fail("pipe.write", { pipeid, msg: 1 }), -32003);
  writer.end();
});

test("one HTTP request is one call, with or without a login", async () => {
  const ask = (body: string, user?: string) =>
    fetch(`http://127.0.0.1:${server.port}/nexus`, {
      method: "POST",
      body,
      headers: user === undefined ? {} : { Authorization: `Basic ${btoa(user)}` },
    });
  const ping = await ask('{"id":"a","method":"sys.ping"}');
  assert.deepEqual(await ping.json(), { jsonrpc: "2.0", id: "a", result: "pong" });
  const users = await ask('{"id":1,"method":"user.count"}', `root:${password}`);
  const { result } = (await users.json()) as { result: { count: number } };
  assert.ok(result.count >= 1);
  const refused = await ask('{"id":7,"method":"sys.ping"}', "root:wrong");
  assert.deepEqual(await refused.json(), {
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32010, message: "Permission denied [login fail]" },
  });
  assert.equal((await ask('{"method":"sys.ping"}')).status, 204);
  const broken = await ask("{");
  assert.equal(((await broken.json()) as { error: { code: number } }).error.code, -32700);
});

test("a WebSocket takes text and binary frames, and answers in text", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/nexus`);
  const answers: string[] = [];
  const both = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data, isBinary) => {
      assert.equal(isBinary, false);
      answers.push(String(data));
      if (answers.length === 2) resolve();
    });
  });
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(Buffer.from('{"id":1,"method":'));
  socket.send('"sys.ping"}{"id":2,"method":"sys.ping"}');
  await both;
  assert.deepEqual(
    answers.flatMap((text) => text.trim().split("\r\n")).map((line) => JSON.parse(line).id),
    [1, 2],
  );
  socket.close();
});

test("users outlive a kill of the server", async () => {
  const root = await connectRoot();
  await root.ask("user.create", { user: "lasting", pass: "secret" });
  await server[Symbol.asyncDispose]();
  server = await startLiveServer({ folder: folder.path, argv });
  const peer = await connectNexus(server.port);
  const { user } = await peer.ask<{ user: string }>("sys.login", {
    user: "lasting",
    pass: "secret",
  });
  assert.equal(user, "lasting");
  peer.end();
});
