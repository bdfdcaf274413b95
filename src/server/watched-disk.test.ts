import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { diskError } from "../../testing/disk-error.ts";
import { type DiskFile, nodeDisk } from "../log/file/mod.ts";
import { createTimekeeper } from "./timekeeper.ts";
import { watchDisk } from "./watched-disk.ts";

interface Stage {
  readonly file: DiskFile;
  pass(ms: number): void;
  /** Lets the process run, which reads its clock meanwhile. */
  run(ms: number): void;
}

/** A watched disk and its clock; the test sets how long a sync and a change of names take. */
function stage(
  sync: (scene: Stage) => Promise<void> | void = () => {},
  change: (scene: Stage) => void = () => {},
) {
  let monotonic = 0;
  const timekeeper = createTimekeeper({
    wallNowMs: () => 1_000_000,
    nowMs: () => monotonic,
    cpuMs: () => 0,
  });
  timekeeper.now();
  const pass = (ms: number) => {
    monotonic += ms;
  };
  const run = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      pass(250);
      timekeeper.now();
    }
  };
  const sick = {
    sync: async () => sync(scene),
    write() {
      throw diskError("ENOSPC", "any");
    },
    truncate() {},
  } as unknown as DiskFile;
  const told: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line) => told.push(JSON.parse(line)) });
  const changed = async () => change(scene);
  const names = { rename: changed, remove: changed, syncFolder: changed };
  const disk = { ...nodeDisk, ...names, open: () => sick };
  const watched = watchDisk({ disk, timekeeper, logger });
  const scene: Stage = { file: watched.disk.open("any", "write"), pass, run };
  return { ...scene, timekeeper, watched, told };
}

test("a quick sync takes its time", async () => {
  const { timekeeper, file, told } = stage(({ pass }) => pass(900));
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_900);
  assert.deepEqual(told, []);
});

test("a sync of half a minute, while the process runs, takes no time, and is told of", async () => {
  const { timekeeper, file, told } = stage(({ run }) => run(30_000));
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_000);
  assert.equal(timekeeper.givenBackMs, 30_000);
  const [{ ms, givenBackMs, msg } = {}] = told;
  const expected = { ms: 30_000, givenBackMs: 30_000, msg: "the disk goes on after a stall" };
  assert.deepEqual({ ms, givenBackMs, msg }, expected);
});

test("a process that was stopped in the midst of a sync is given its time back once", async () => {
  const { timekeeper, file } = stage(({ pass }) => pass(60_000));
  await file.sync();
  assert.equal(timekeeper.now(), 1_000_000);
  assert.equal(timekeeper.givenBackMs, 60_000);
  assert.equal(timekeeper.stoppedMs, 60_000);
});

test("two syncs that stall together are given back as the time that both took, not the sum", async () => {
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  const { timekeeper, file, run } = stage(() => ends[begun++]?.promise);
  const first = file.sync();
  run(10_000);
  const second = file.sync();
  run(20_000);
  ends[1]?.resolve();
  await second;
  ends[0]?.resolve();
  await first;
  assert.equal(timekeeper.now(), 1_000_000);
  assert.equal(timekeeper.givenBackMs, 30_000);
});

test("beside a sync that nobody waits for, time goes on", async () => {
  const { timekeeper, file, told } = stage(({ run, file }) => {
    run(30_000);
    assert.throws(() => file.write(Buffer.alloc(1), 0));
    run(500);
  });
  await file.sync();
  assert.equal(timekeeper.now(), 1_030_500);
  assert.equal(told[0]?.givenBackMs, 0);
});

test("what is given back begins with the last write", async () => {
  const { timekeeper, file } = stage(({ run, file }) => {
    run(10_000);
    assert.throws(() => file.write(Buffer.alloc(1), 0));
    run(20_000);
  });
  await file.sync();
  assert.equal(timekeeper.now(), 1_010_000);
});

test("a disk is stalled while a sync has been under way for over a second", async () => {
  const { watched, file } = stage(({ run }) => {
    run(1000);
    assert.equal(watched.stalledMs(), 0);
    run(1500);
    assert.equal(watched.stalledMs(), 2500);
  });
  assert.equal(watched.stalledMs(), 0);
  await file.sync();
  assert.equal(watched.stalledMs(), 0);
});

for (const name of ["rename", "remove", "syncFolder"] as const) {
  test(`a ${name} of half a minute, for which the next segment waits, takes no time either`, async () => {
    const { timekeeper, watched, run } = stage(undefined, (scene) => scene.run(30_000));
    await watched.disk[name]("any", "other");
    run(500);
    assert.equal(timekeeper.now(), 1_000_500);
    assert.equal(timekeeper.givenBackMs, 30_000);
  });
}

test("a failed sync stalls nothing, and is passed on", async () => {
  const { watched, file, run } = stage(() => {
    throw diskError("EIO", "any");
  });
  await assert.rejects(file.sync(), { code: "EIO" });
  run(5000);
  assert.equal(watched.stalledMs(), 0);
});

test("what the disk last refused is kept in its own words", () => {
  const { watched, file } = stage();
  assert.equal(watched.lastRefusal, "");
  assert.throws(() => file.write(Buffer.alloc(1), 0), { code: "ENOSPC" });
  file.truncate(0);
  assert.match(watched.lastRefusal, /^ENOSPC/);
});
