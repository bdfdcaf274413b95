/** Tasks of Nexus against the real process; docs/protocols/nexus.md, section 13. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectNexus, type NexusPeer } from "../../testing/nexus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const folder = createTemporaryFolder();
const argv = ["--data", "data", "--nexus-dialect", "1", "--nexus-nobody-tags"];
const rights = ["@task.push", "@task.pull", "@task.list", "@task.count", "@topic.sub"];
let server: LiveServer;

before(start);

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function start(): Promise<void> {
  server = await startLiveServer({ folder: folder.path, argv: [...argv, rights.join(",")] });
}

interface Pulled {
  readonly taskid: string;
  readonly token: number;
  readonly ttl: number;
}

const invalidTask = -32002;

function connect(): Promise<NexusPeer> {
  return connectNexus(server.port);
}

test("a worker gets what was pushed, and the pusher what came of it", async () => {
  const [pusher, worker] = [await connect(), await connect()];
  const params = { id: 4294967297, text: "ключ", none: null };
  const pushing = pusher.call("task.push", { method: "Mail.EU.Send", params, prio: 7, ttl: 3 });
  const task = await worker.ask<Pulled>("task.pull", { prefix: "Mail.EU" });
  const { taskid, token, creationTime, deadLine, ...rest } = task as Pulled & {
    readonly creationTime: string;
    readonly deadLine: string;
  };
  assert.deepEqual(rest, {
    path: "mail.eu.",
    method: "send",
    params,
    tags: Object.fromEntries(rights.map((tag) => [tag, true])),
    prio: 7,
    detach: false,
    user: "nobody",
    ttl: 3,
  });
  assert.match(taskid, /^[\da-f]{36}$/);
  assert.ok(token > 0);
  // What the server's clock lags behind is added, so that no time ends early; and each time is cut to a millisecond.
  const tenDaysMs = 864_000_000;
  const timeoutMs = Date.parse(deadLine) - Date.parse(creationTime);
  assert.ok(Math.abs(timeoutMs - tenDaysMs) < 10_000, `${timeoutMs} ms`);
  assert.deepEqual(await worker.ask("task.result", { taskid, result: { sent: 1 } }), { ok: true });
  assert.deepEqual((await pushing).result, { sent: 1 });
  assert.equal(await worker.fail("task.result", { taskid, result: 2 }), invalidTask);
  for (const peer of [pusher, worker]) peer.end();
});

test("a pull waits, gets nothing of another path, and may end without a task", async () => {
  const [pusher, worker] = [await connect(), await connect()];
  const pulling = worker.ask<Pulled>("task.pull", { prefix: "a.b", timeout: 20 });
  assert.equal(await worker.fail("task.pull", { prefix: "a", timeout: 0.01 }), -32000);
  const pushing = pusher.call("task.push", { method: "a.b.c", params: null });
  const { taskid } = await pulling;
  const error = { code: 20_001, message: "no", data: ["why"] };
  await worker.ask("task.error", { taskid, ...error });
  assert.deepEqual((await pushing).error, error);
  const again = pusher.call("task.push", { method: "a.b.c", params: null });
  await worker.ask("task.error", { taskid: (await pull(worker, "a.b")).taskid });
  assert.deepEqual((await again).error, { code: 0, message: "" });
  for (const peer of [pusher, worker]) peer.end();
});

function pull(worker: NexusPeer, prefix: string): Promise<Pulled> {
  return worker.ask<Pulled>("task.pull", { prefix });
}

test("higher priorities come first, then older tasks, also those that were given back", async () => {
  const [pusher, worker] = [await connect(), await connect()];
  for (const [params, prio] of [
    ["1", 0],
    ["2", 5],
    ["3", 0],
    ["4", 5],
  ] as const) {
    const pushed = await pusher.ask("task.push", { method: "order.m", params, prio, detached: 1 });
    assert.deepEqual(pushed, { ok: true });
  }
  const order: unknown[] = [];
  const first = await worker.ask<Pulled & { params: string }>("task.pull", { prefix: "order" });
  await worker.ask("task.reject", { taskid: first.taskid });
  for (let count = 0; count < 4; count += 1) {
    const task = await worker.ask<Pulled & { params: string }>("task.pull", { prefix: "order" });
    order.push([task.params, task.ttl]);
    await worker.ask("task.result", { taskid: task.taskid });
  }
  assert.deepEqual(order, [
    ["2", 4],
    ["4", 5],
    ["1", 5],
    ["3", 5],
  ]);
  for (const peer of [pusher, worker]) peer.end();
});

test("after its last attempt a task ends, and at its deadline", async () => {
  const [pusher, worker] = [await connect(), await connect()];
  const spent = pusher.fail("task.push", { method: "ends.m", params: 1, ttl: 2 });
  for (const ttl of [2, 1]) {
    const task = await pull(worker, "ends");
    assert.equal(task.ttl, ttl);
    await worker.ask("task.reject", { taskid: task.taskid });
  }
  assert.equal(await spent, -32011);
  const late = pusher.fail("task.push", { method: "ends.m", params: 1, timeout: 0.05 });
  const { taskid, token } = await worker.ask<Pulled>("task.pull", { prefix: "ends", events: true });
  assert.equal(await late, -32000);
  assert.deepEqual(JSON.parse(await worker.hear()), {
    jsonrpc: "2.0",
    method: "task.lost",
    params: { taskid, token, reason: "timeout" },
  });
  assert.equal(await worker.fail("task.result", { taskid }), invalidTask);
  for (const peer of [pusher, worker]) peer.end();
});

test("who pushes and who pulls can cancel by the id of the call", async () => {
  const [pusher, worker] = [await connect(), await connect()];
  const cancelled = { jsonrpc: "2.0", error: { code: -32001, message: "Cancel" } };
  worker.send('{"id":"p","method":"task.pull","params":{"prefix":"c"}}');
  await worker.ask("task.cancel", { id: "p" });
  assert.deepEqual(JSON.parse(await worker.hear()), { ...cancelled, id: "p" });
  pusher.send('{"id":9e3,"method":"task.push","params":{"method":"c.m","params":1}}');
  const { taskid } = await pull(worker, "c");
  await pusher.ask("task.cancel", { id: 9000 });
  assert.deepEqual(JSON.parse(await pusher.hear()), { ...cancelled, id: 9000 });
  assert.equal(await pusher.fail("task.cancel", { id: 9000 }), invalidTask);
  assert.equal(await worker.fail("task.reject", { taskid }), invalidTask);
  const pushing = pusher.fail("task.push", { method: "c.m", params: 1 });
  const other = await pull(worker, "c");
  assert.equal(await worker.fail("task.cancel", { taskid: other.taskid }), invalidTask);
  assert.deepEqual(await pusher.ask("task.cancel", { taskid: other.taskid }), { ok: true });
  assert.equal(await pushing, -32001);
  for (const peer of [pusher, worker]) peer.end();
});

test("what a connection leaves goes back, and what it waits for vanishes", async () => {
  const [pusher, worker, other] = [await connect(), await connect(), await connect()];
  await pusher.ask("task.push", { method: "left.m", params: 2, detach: true });
  const { taskid } = await pull(worker, "left");
  worker.end();
  const again = await pull(other, "left");
  assert.deepEqual([again.taskid, again.ttl], [taskid, 4]);
  pusher.send('{"id":1,"method":"task.push","params":{"method":"left.m","params":1}}');
  await pusher.ask("sys.ping");
  assert.deepEqual(await other.ask("task.count", { prefix: "left" }), {
    count: 2,
    pushCount: 2,
    pullCount: 0,
  });
  pusher.end();
  await pusher.closed;
  await other.ask("task.result", { taskid });
  assert.equal(await other.fail("task.pull", { prefix: "left", timeout: 0.01 }), -32000);
  other.end();
});

test("lists and counts show what there is, also below a prefix", async () => {
  const peer = await connect();
  const long = "x".repeat(10_300);
  await peer.ask("task.push", { method: "list.a.m", params: { long }, detach: true, prio: 3 });
  await peer.ask("task.push", { method: "list.m", params: [], detach: true });
  peer.send('{"id":"p","method":"task.pull","params":{"prefix":"list.b"}}');
  const listed = await peer.ask<readonly Record<string, unknown>[]>("task.list", {
    prefix: "list",
  });
  const shown = listed.map(({ path, method, state, priority, params }) => [
    path,
    method,
    state,
    priority,
    params,
  ]);
  assert.deepEqual(shown, [
    ["list.a.", "m", "waiting", 3, { long: `${"x".repeat(10_240)}...` }],
    ["list.", "m", "waiting", 0, []],
    ["list.b.", "", "waiting", 0, null],
  ]);
  const pulls = { prefix: "list", filter: "^@pull" };
  assert.equal((await peer.ask<readonly unknown[]>("task.list", pulls)).length, 1);
  const page = { prefix: "list", skip: 1, limit: 1, depth: 1 };
  assert.equal((await peer.ask<readonly unknown[]>("task.list", page)).length, 1);
  assert.deepEqual(await peer.ask("task.count", { prefix: "list", subprefixes: true }), [
    { prefix: "list", count: 1, pushCount: 1, pullCount: 0 },
    { prefix: "list.a", count: 1, pushCount: 1, pullCount: 0 },
    { prefix: "list.b", count: 1, pushCount: 0, pullCount: 1 },
  ]);
  for (const prefix of ["list", "list.a"]) {
    const { taskid } = await pull(peer, prefix);
    await peer.ask("task.result", { taskid });
  }
  peer.end();
});

test("hooks tell what happens to tasks", async () => {
  const peer = await connect();
  const { pipeid } = await peer.ask<{ pipeid: string }>("pipe.create");
  await peer.ask("topic.sub", { pipeid, topic: "hook.task|hooked.*" });
  await peer.ask("task.push", { method: "hooked.m", params: { a: 1 }, detach: true });
  const { taskid } = await pull(peer, "hooked");
  await peer.ask("task.result", { taskid, result: 5 });
  const told: { topic: string; msg: { action: string; id: string } }[] = [];
  while (told.length < 3) {
    const { msgs } = await peer.ask<{ msgs: { msg: (typeof told)[0] }[] }>("pipe.read", { pipeid });
    told.push(...msgs.map(({ msg }) => msg));
  }
  assert.deepEqual(
    told.map(({ topic, msg: { action, id } }) => [topic, action, id]),
    ["push", "pull", "result"].map((action) => ["hook.task|hooked.m|nobody", action, taskid]),
  );
  peer.end();
});

test("detached tasks survive kill -9, and so does the number of their attempts", async () => {
  const peer = await connect();
  await peer.ask("task.push", { method: "kept.m", params: "x", detach: true, ttl: 3 });
  await peer.ask("task.push", { method: "kept.m", params: "y", detach: true, prio: -1 });
  const { taskid } = await pull(peer, "kept");
  await server[Symbol.asyncDispose]();
  await start();
  const later = await connect();
  const first = await pull(later, "kept");
  assert.deepEqual([first.taskid, first.ttl], [taskid, 2]);
  const second = await pull(later, "kept");
  assert.equal(second.ttl, 5);
  assert.ok(second.token > first.token);
  assert.deepEqual(await later.ask("task.reject", { taskid, token: first.token }), { ok: true });
  assert.equal(await later.fail("task.result", { taskid, token: first.token }), invalidTask);
  later.end();
});
