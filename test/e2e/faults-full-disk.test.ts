/** A disk that gets full under the real server, and one that the kernel has made read-only. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  mountBreakableDisk,
  mountSmallDisk,
  reasonNotToBreak,
  reasonNotToMount,
} from "../../testing/faults/mounted-disk.ts";
import { openLdlmClient } from "../../testing/ldlm-client.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus, type LocktopusPeer } from "../../testing/locktopus-peer.ts";
import { pageOf } from "../../testing/operator.ts";
import { connectSoftvisio, type SoftvisioPeer } from "../../testing/softvisio-peer.ts";
import { lock, release } from "../conformance/locktopus/connection.cases.ts";

const query = "namespace=default&abandon-timeout-ms=3600000";

function serveFrom(folder: string): Promise<LiveServer> {
  return startLiveServer({ folder, argv: ["--data", join(folder, "data")] });
}

async function holding(port: number, name: string): Promise<LocktopusPeer> {
  const peer = await connectLocktopus(port, query);
  peer.send(lock(`write ${name}`));
  assert.equal((await peer.hear()).state, "acquired");
  return peer;
}

/** Uses up with large commands what the log has set aside, until one is refused; returns the reason. */
async function writeUntilRefused(port: number): Promise<string> {
  const paths = Array.from({ length: 900 }, (_, place) => `read ${place}-${"x".repeat(1000)}`);
  const peer = await connectLocktopus(port, "namespace=large&abandon-timeout-ms=0");
  for (let mebibytes = 0; mebibytes < 6; mebibytes++) {
    peer.send(lock(...paths));
    peer.send(release);
  }
  assert.equal((await peer.closed).code, 3000);
  return peer.unheard.at(-1) ?? "";
}

test("a full disk takes nothing new, gives back, loses nothing in a kill, and goes on by itself", {
  skip: reasonNotToMount(),
}, async () => {
  using disk = mountSmallDisk(16);
  await using server = await serveFrom(disk.path);
  const { port } = server;
  const session = await openLdlmSession(port);
  const { key: kept = "" } = await session.lock("kept", { lock_timeout_seconds: 600 });
  const { key: returned = "" } = await session.lock("returned");
  const holder = await holding(port, "passed-on");
  const waiter = await connectLocktopus(port, query);
  waiter.send(lock("write passed-on"));
  assert.equal((await waiter.hear()).state, "enqueued");
  const cluster = await connectSoftvisio(port);
  const lockIds = await Promise.all(["m1", "m2", "m3"].map((id) => lockIdOf(cluster, id)));

  disk.fill();
  const reason = /^communication error: The disk takes no more: ENOSPC/;
  assert.match(await writeUntilRefused(port), reason);
  const refused = /"code":14,"message":"The disk takes no more: ENOSPC/;
  await assert.rejects(session.lock("more"), refused);
  const opening = await fetch(`http://127.0.0.1:${port}/session`, { method: "POST" });
  assert.equal(opening.status, 503);
  assert.match(opening.headers.get("retry-after") ?? "", /^[1-5]$/);
  const late = await connectLocktopus(port, query);
  late.send(lock("write more"));
  assert.equal((await late.closed).code, 3000);

  await assertTold(server, /^ENOSPC/);
  assert.equal((await fetch(`http://127.0.0.1:${port}/stats?namespace=default`)).status, 200);

  assert.equal((await session.renew("kept", kept, 600)).locked, true);
  assert.equal((await session.unlock("returned", returned)).unlocked, true);
  holder.send(release);
  assert.equal((await holder.hear()).state, "ready");
  assert.equal((await waiter.hear()).state, "acquired");
  await assertKeysAreEnough(port, cluster, lockIds);

  server.process.kill("SIGKILL");
  await server.process.ended;
  await using next = await serveFrom(disk.path);
  const again = session.at(next.port);
  assert.match(await writeUntilRefused(next.port), reason);
  assert.equal((await pageOf(next.port, "/readyz")).body.status, "disk full");
  assert.equal((await again.renew("kept", kept, 600)).locked, true);
  disk.free();
  // Refused until the disk is tried again, which is once in a second.
  let taken = "";
  while (taken === "") taken = await again.lock("returned").then(keyOf, () => "");
  assert.ok(await isHeld(next.port, ["kept", "returned", "passed-on"]));
  await next.process.logged("the disk has room again");
  assert.equal((await pageOf(next.port, "/readyz")).body.status, "ready");
  assert.equal((await pageOf(next.port, "/healthz")).body.status, "alive");
});

async function lockIdOf(peer: SoftvisioPeer, mutexId: string): Promise<string> {
  return String((await peer.call("/v1/mutexes/lock", mutexId)).result?.data);
}

/** On connections that come to a full disk: it opens no session for them. */
async function assertKeysAreEnough(
  port: number,
  holder: SoftvisioPeer,
  [first = "", second = "", third = ""]: readonly string[],
): Promise<void> {
  const late = await connectSoftvisio(port);
  assert.equal((await late.call("/v1/mutexes/lock", "m4")).error?.code, -32814);
  assert.equal((await late.call("/v1/mutexes/unlock", "m1", first)).result?.data, true);
  assert.equal((await late.call("/v1/mutexes/is-locked", "m1")).result?.data, false);
  const ldlm = openLdlmClient(port);
  const { code, message } = await ldlm.call("Unlock", { name: "m2", key: second }).ended;
  assert.deepEqual([code, message?.unlocked], [0, true]);
  assert.equal((await holder.call("/v1/mutexes/unlock", "m3", third)).result?.data, true);
  ldlm.close();
  late.close();
  holder.close();
}

test("unlocks of what nobody holds, however many, leave a full disk's reserve to the holders, and time goes on", {
  skip: reasonNotToMount(),
}, async () => {
  using disk = mountSmallDisk(16);
  await using server = await serveFrom(disk.path);
  const { port } = server;
  const session = await openLdlmSession(port);
  const { key = "" } = await session.lock("kept", { lock_timeout_seconds: 600 });
  const holder = await connectSoftvisio(port);
  const lockId = await lockIdOf(holder, "held");
  const waiter = await holding(port, "other");
  await session.lock("ends", { lock_timeout_seconds: 5 });
  const next = await connectLocktopus(port, query);
  next.send(lock("write ends"));
  assert.equal((await next.hear()).state, "enqueued");

  disk.fill();
  await writeUntilRefused(port);
  const { lastIndex } = await logOf(server);
  const stranger = await connectSoftvisio(port);
  const ldlm = openLdlmClient(port);
  for (let round = 0; round < 20; round++) {
    const unlocks = Array.from({ length: 200 }, () =>
      stranger.call("/v1/mutexes/unlock", "nobody's", lockId),
    );
    for (const answer of await Promise.all(unlocks)) assert.equal(answer.result?.data, false);
    const calls = Array.from({ length: 100 }, () => ldlm.call("Unlock", { name: "no", key }).ended);
    for (const { code, message } of await Promise.all(calls)) {
      assert.deepEqual([code, message?.unlocked], [0, false]);
    }
    assert.equal((await session.unlock("kept", "a wrong key")).unlocked, false);
  }
  assert.ok((await logOf(server)).lastIndex <= lastIndex + 10);

  assert.equal((await holder.call("/v1/mutexes/unlock", "held", lockId)).result?.data, true);
  assert.equal((await session.renew("kept", key, 600)).locked, true);
  assert.equal((await next.hear()).state, "acquired");
  waiter.send(release);
  assert.equal((await waiter.hear()).state, "ready");
  ldlm.close();
  stranger.close();
  holder.close();
});

async function logOf({ figures }: LiveServer): Promise<{ readonly lastIndex: number }> {
  return { lastIndex: (await figures()).of("holdfast_log_last_index") };
}

test("a server that was stopped starts on a disk without a byte left, and gives back on it", {
  skip: reasonNotToMount(),
}, async () => {
  using disk = mountSmallDisk(16);
  await using server = await serveFrom(disk.path);
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("kept", { lock_timeout_seconds: 600 });
  server.process.kill("SIGTERM");
  assert.equal((await server.process.ended).status, 0);

  disk.fill();
  await using next = await serveFrom(disk.path);
  assert.equal((await pageOf(next.port, "/readyz")).body.status, "disk full");
  const again = session.at(next.port);
  await assert.rejects(again.lock("more"), /"code":14,"message":"The disk takes no more: ENOSPC/);
  assert.equal((await again.renew("kept", key, 600)).locked, true);
  assert.equal((await again.unlock("kept", key)).unlocked, true);
});

/** On every page, in the metrics and in the log, and what the disk itself says. */
async function assertTold({ port, process, figures }: LiveServer, words: RegExp): Promise<void> {
  const { code, body } = await pageOf(port, "/healthz");
  assert.deepEqual([code, body.status, body.reason], [200, "degraded", "disk full"]);
  assert.match(String(body.message), words);
  const readiness = await pageOf(port, "/readyz");
  assert.deepEqual([readiness.code, readiness.body.status], [503, "disk full"]);
  assert.equal((await figures()).of("holdfast_log_full"), 1);
  const { message } = await process.logged("the disk takes no more");
  assert.match(String(message), words);
}

function keyOf({ key = "" }: { readonly key?: string }): string {
  return key;
}

/** A stranger gets none of them. */
async function isHeld(port: number, names: readonly string[]): Promise<boolean> {
  const stranger = await openLdlmSession(port);
  const answers = await Promise.all(names.map((name) => stranger.lock(name)));
  return answers.every(({ locked }) => !locked);
}

test("a disk that became read-only is told of as such, frees nothing, and loses nothing", {
  skip: reasonNotToBreak(),
}, async () => {
  using disk = mountBreakableDisk();
  await using server = await serveFrom(disk.path);
  const { port } = server;
  const session = await openLdlmSession(port);
  const { key = "" } = await session.lock("kept", { lock_timeout_seconds: 600 });

  disk.makeReadOnly();
  const refused = /"code":14,"message":"The disk takes no more: EROFS: read-only file system/;
  await assert.rejects(session.lock("more"), refused);
  await assert.rejects(session.unlock("kept", key), refused);
  await assertTold(server, /^EROFS: read-only file system/);

  server.process.kill("SIGKILL");
  await server.process.ended;
  disk.repair();
  await using next = await serveFrom(disk.path);
  assert.equal((await session.at(next.port).renew("kept", key, 600)).locked, true);
  assert.equal((await session.at(next.port).unlock("kept", key)).unlocked, true);
});
