/** A disk that stalls, and one whose sync fails, under the real server: strace plays the disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ownerOf, reasonNotToTamper, tamperWith } from "../../testing/faults/tampering.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { pageOf, untilFigure } from "../../testing/operator.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

function serveFrom({ path }: TemporaryFolder): Promise<LiveServer> {
  return startLiveServer({ folder: path, argv: ["--data", join(path, "data")] });
}

const skip = reasonNotToTamper();

test("a stalled disk is told of while it lasts and after, and costs no holder its lease", {
  skip,
}, async () => {
  using folder = createTemporaryFolder();
  await using server = await serveFrom(folder);
  const { port, process } = server;
  const session = await openLdlmSession(port);
  const { key = "" } = await session.lock("a", { lock_timeout_seconds: 2 });
  const waiter = await connectLocktopus(port, "namespace=default");
  waiter.send(lock("write a"));
  assert.equal((await waiter.hear()).state, "enqueued");

  const stall = await tamperWith(ownerOf(join(folder.path, "data")), [
    "fdatasync:delay_enter=600s",
  ]);
  const pending = session.lock("b");
  await process.logged("the disk stalls");
  const health = await pageOf(port, "/healthz");
  assert.deepEqual([health.code, health.body.status], [200, "degraded"]);
  assert.equal(health.body.reason, "disk stalled");
  assert.ok(Number(health.body.forMs) > 1000);
  const readiness = await pageOf(port, "/readyz");
  assert.deepEqual([readiness.code, readiness.body.status], [503, "disk stalled"]);
  const stalledSeconds = await untilFigure(
    server,
    "holdfast_disk_stalled_seconds",
    (seconds) => seconds > 5,
  );
  assert.deepEqual(waiter.unheard, []);
  await stall[Symbol.asyncDispose]();

  assert.equal((await pending).locked, true);
  assert.equal((await session.renew("a", key, 600)).locked, true);
  assert.deepEqual(waiter.unheard, []);
  const over = await process.logged("the disk goes on after a stall");
  assert.ok(Number(over.ms) >= stalledSeconds * 1000);
  assert.equal(over.givenBackMs, over.ms);
  const figures = await server.figures();
  assert.equal(figures.of("holdfast_disk_stalled_seconds"), 0);
  assert.ok(figures.of("holdfast_time_given_back_seconds_total") >= stalledSeconds);
  assert.equal((await pageOf(port, "/healthz")).body.status, "alive");
  assert.equal((await pageOf(port, "/readyz")).code, 200);
});

test("a failed sync ends the process before anybody is told, and the next one has all that was", {
  skip,
}, async () => {
  using folder = createTemporaryFolder();
  await using server = await serveFrom(folder);
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("told");
  const peer = await connectLocktopus(server.port, "namespace=default");
  await using _ = await tamperWith(ownerOf(join(folder.path, "data")), ["fdatasync:error=EIO"]);
  const untold = session.lock("untold");
  peer.send(lock("write untold too"));
  await assert.rejects(untold, TypeError);
  await peer.closed;
  assert.deepEqual(peer.unheard, []);
  const { status, stderr } = await server.process.ended;
  assert.equal(status, 1);
  assert.match(stderr, /"msg":"EIO: i\/o error, fdatasync"|"message":"EIO: i\/o error, fdatasync"/);

  await using next = await serveFrom(folder);
  assert.equal((await pageOf(next.port, "/readyz")).code, 200);
  assert.equal((await session.at(next.port).unlock("told", key)).unlocked, true);
});
