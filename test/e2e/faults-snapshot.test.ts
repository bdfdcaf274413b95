/** A snapshot that finds no room, and one in whose every step the server is killed. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeDisk } from "../../src/log/file/mod.ts";
import { checkFolder } from "../../src/log/file/workshop/mod.ts";
import { mountSmallDisk, reasonNotToMount } from "../../testing/faults/mounted-disk.ts";
import { ownerOf, reasonNotToTamper, tamperWith } from "../../testing/faults/tampering.ts";
import { type LdlmSession, openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { untilFigure } from "../../testing/operator.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

function serveFrom(folder: string): Promise<LiveServer> {
  const argv = ["--data", join(folder, "data"), "--snapshot-every", "16KiB"];
  return startLiveServer({ folder, argv });
}

/** Takes and gives back locks until it is time to stop, or the server is gone. */
async function work(session: LdlmSession, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { key = "" } = await session.lock("work");
    await session.unlock("work", key);
  }
}

async function workUntil(session: LdlmSession, event: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = event.finally(() => {
    isOver = true;
  });
  await Promise.all([work(session, () => isOver), over]);
}

function snapshotsIn(folder: string): readonly string[] {
  return readdirSync(join(folder, "data"))
    .filter((name) => name.startsWith("snapshot-"))
    .sort();
}

async function assertWhole(folder: string): Promise<void> {
  for await (const finding of checkFolder(nodeDisk, join(folder, "data"))) {
    assert.notEqual(finding.type, "problem", JSON.stringify(finding));
  }
}

test("a snapshot without room is given up, leaves those before it, and comes when there is room", {
  skip: reasonNotToMount(),
}, async () => {
  using disk = mountSmallDisk(16);
  await using server = await serveFrom(disk.path);
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("kept");
  await workUntil(session, server.process.logged("snapshot written"));

  disk.fill();
  await workUntil(session, server.process.logged("snapshot failed"));
  const { err, kept } = await server.process.logged("snapshot failed");
  assert.equal((err as { code?: string }).code, "ENOSPC");
  const name = `snapshot-${String(kept).padStart(16, "0")}.hfs`;
  assert.equal(snapshotsIn(disk.path).at(-1), name);
  await assertWhole(disk.path);
  assert.ok((await server.figures()).of("holdfast_snapshot_failures_total") >= 1);

  disk.free();
  const isNewer = (index: number) => index > Number(kept);
  await workUntil(session, untilFigure(server, "holdfast_snapshot_index", isNewer));
  assert.equal((await session.unlock("kept", key)).unlocked, true);
});

/** After the contents are written: the name, its durability, the end of what it supersedes. */
const steps = ["rename", "fsync", "unlink"] as const;

test("a kill at each step of a snapshot leaves a valid pair of snapshot and log", {
  skip: reasonNotToTamper(),
}, async (t) => {
  using folder = createTemporaryFolder();
  await using first = await serveFrom(folder.path);
  const session = await openLdlmSession(first.port);
  const { key = "" } = await session.lock("kept");
  // Two, so that the next one makes one superfluous.
  await workUntil(session, first.process.logged("snapshot written"));
  const index = (await first.figures()).of("holdfast_snapshot_index");
  const isNext = (newest: number) => newest > index;
  await workUntil(session, untilFigure(first, "holdfast_snapshot_index", isNext));
  first.process.kill("SIGKILL");
  await first.process.ended;

  for (const step of steps) {
    await t.test(step, async () => {
      await using server = await serveFrom(folder.path);
      const again = session.at(server.port);
      const pid = ownerOf(join(folder.path, "data"));
      await using _ = await tamperWith(pid, [`${step}:signal=KILL`]);
      await assert.rejects(
        work(again, () => false),
        TypeError,
      );
      assert.equal((await server.process.ended).status, "SIGKILL");
      await assertWhole(folder.path);
      assert.ok(snapshotsIn(folder.path).length >= 2);
      await using next = await serveFrom(folder.path);
      assert.equal((await session.at(next.port).lock("kept")).locked, false);
    });
  }
  await using last = await serveFrom(folder.path);
  assert.equal((await session.at(last.port).unlock("kept", key)).unlocked, true);
});
