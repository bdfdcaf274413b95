import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { Command } from "../core/command.ts";
import type { LogIndex, NodeId, RunId, TimeMs } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import { createSnapshotter } from "./snapshotter.ts";
import { systemWorld, type World } from "./world.ts";

/** A snapshotter for a log of 100 bytes, its log lines, and the first of them. */
function snapshotterOf({
  log,
  folder = "any",
  everyBytes = 100,
  ...world
}: { readonly log: Log; readonly folder?: string; readonly everyBytes?: number } & Partial<World>) {
  const said: string[] = [];
  const first = Promise.withResolvers<string>();
  const stream = {
    write(line: string) {
      const { msg } = JSON.parse(line);
      said.push(msg);
      first.resolve(msg);
    },
  };
  const logger = pino({}, stream);
  const parts = { log, folder, everyBytes, logger, world: { ...systemWorld, ...world } };
  return { snapshotter: createSnapshotter(parts), said, first: first.promise };
}

/** A log that is long enough for a snapshot and counts its trims. */
function longLog() {
  const trims = { count: 0 };
  const status = () => ({ bytesSinceSnapshot: 100, lastIndex: 1 as LogIndex });
  const trim = async () => {
    trims.count += 1;
  };
  return { log: { status, trim } as unknown as Log, trims };
}

test("a snapshot of what is committed is written beside the log", async () => {
  using folder = createTemporaryFolder();
  const data = join(folder.path, "data");
  const now = () => 1 as TimeMs;
  const options = { access: "owner", disk: nodeDisk, durability: "always" } as const;
  const log = await openFileLog({ ...options, folder: data, now });
  const node = "n1" as NodeId;
  const start: Command = { type: "start", node, run: "run-1" as RunId, restartGraceMs: 0 };
  await log.append([start]);
  const { snapshotter, first } = snapshotterOf({ log, folder: data, everyBytes: 1 });
  snapshotter.look();
  assert.equal(await first, "snapshot written");
  assert.equal((await log.newestSnapshot())?.index, 1);
  await snapshotter.stop();
  await log.close();
});

test("a snapshot that cannot be written is told and counted, and nothing is trimmed", async () => {
  const { log, trims } = longLog();
  const { snapshotter, first } = snapshotterOf({ log, folder: "/nowhere/at/all" });
  snapshotter.look();
  assert.equal(await first, "snapshot failed");
  assert.equal(snapshotter.failuresTotal, 1);
  assert.equal(trims.count, 0);
  snapshotter.look();
  await snapshotter.stop();
  assert.equal(snapshotter.failuresTotal, 1, "it was tried again without more log");
});

test("a thread that cannot be made is a snapshot that failed", async () => {
  const { log } = longLog();
  const { snapshotter, first } = snapshotterOf({
    log,
    startSnapshot() {
      throw Object.assign(new Error("no thread"), { code: "ERR_WORKER_INIT_FAILED" });
    },
  });
  snapshotter.look();
  assert.equal(await first, "snapshot failed");
  await snapshotter.stop();
  assert.equal(snapshotter.failuresTotal, 1);
});

/** A folder with the unfinished file of a killed snapshot writer, beside files of others. */
function halfWritten(folder: string): readonly string[] {
  const snapshot = "snapshot-0000000000000001.hfs.tmp";
  const others = ["log-0000000000000002.hfl.tmp", "snapshot-0000000000000002.hfs.tmp"];
  for (const name of [snapshot, ...others]) writeFileSync(join(folder, name), "half");
  return others;
}

for (const how of ["fails", "is stopped"] as const) {
  test(`of a snapshot that ${how} nothing stays in the folder, and of what others write all`, async () => {
    using folder = createTemporaryFolder();
    const { log } = longLog();
    const others = halfWritten(folder.path);
    const end = Promise.withResolvers<void>();
    const stop = async () => end.reject(new Error("it has ended"));
    const { snapshotter, first } = snapshotterOf({
      log,
      folder: folder.path,
      startSnapshot: () => ({ done: end.promise, stop }),
    });
    snapshotter.look();
    if (how === "fails") {
      await stop();
      assert.equal(await first, "snapshot failed");
    }
    await snapshotter.stop();
    assert.deepEqual(readdirSync(folder.path).sort(), others);
  });
}

test("what a failed snapshot has left and cannot be removed is told, and hides nothing", async () => {
  const { log } = longLog();
  const { snapshotter, said, first } = snapshotterOf({
    log,
    disk: { ...nodeDisk, remove: () => Promise.reject(new Error("no")) },
    startSnapshot: () => ({ done: Promise.reject(new Error("failed")), stop: async () => {} }),
  });
  snapshotter.look();
  assert.equal(await first, "snapshot failed");
  await snapshotter.stop();
  assert.deepEqual(said.slice(1), ["what is left of a snapshot could not be removed"]);
  assert.equal(snapshotter.failuresTotal, 1);
});

test("a snapshot whose log cannot be removed is written, and the trouble is told and counted", async () => {
  const { log } = longLog();
  const { snapshotter, said, first } = snapshotterOf({
    log: { ...log, trim: () => Promise.reject(new Error("no")) },
    startSnapshot: () => ({ done: Promise.resolve(), stop: async () => {} }),
  });
  snapshotter.look();
  assert.equal(await first, "the log before a snapshot could not be removed");
  await snapshotter.stop();
  assert.deepEqual(said.slice(1), ["snapshot written"]);
  assert.equal(snapshotter.failuresTotal, 1);
});

test("a snapshot that a stop interrupts is neither called written nor failed", async () => {
  const { log, trims } = longLog();
  const { snapshotter, said } = snapshotterOf({ log, folder: "/nowhere/at/all" });
  snapshotter.look();
  await snapshotter.stop();
  assert.deepEqual(said, []);
  assert.equal(trims.count, 0);
});
