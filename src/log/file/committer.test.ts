import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import { acquire, batchesUntil, collect, indexesOf, range } from "../../../testing/log-entries.ts";
import {
  createMemoryDisk,
  type MemoryDisk,
  withFile,
} from "../../../testing/memory-disk/memory-disk.ts";
import { nextTurn } from "../../../testing/next-turn.ts";
import { entriesAfterStart, openSmallLog } from "../../../testing/small-log.ts";
import { Unavailable } from "../log.ts";
import { LogDamage } from "./damage.ts";

/** Lets no sync end before `release` is called. */
function holdSyncs(disk: MemoryDisk): { release(): void } {
  const held = Promise.withResolvers<void>();
  disk.beforeSync = () => held.promise;
  return { release: () => held.resolve() };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, nextTurn().then(() => pending)])) === pending;
}

test("appends that arrive while the disk is busy become one record with one sync", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 1_000_000 });
  const before = { ...disk.counts };
  const held = holdSyncs(disk);
  const appends = range(1, 100).map((n) => log.append([collect(n)]));
  assert.equal(await isPending(Promise.race(appends)), true);
  assert.equal(log.status().lastIndex, 0);
  held.release();
  await Promise.all(appends);
  assert.equal(disk.counts.sync - before.sync, 2);
  assert.deepEqual(
    (await batchesUntil(log, 1, 100)).map((batch) => batch.length),
    [1, 99],
  );
  assert.deepEqual(log.status().files.fsyncsTotal, 2);
  await log.close();
});

test("the disk gets its next record before the last one is acknowledged", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 1_000_000 });
  const events: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  disk.beforeSync = () => {
    const place = events.push("sync") - 1;
    return gates[place]?.promise ?? Promise.resolve();
  };
  const first = log.append([collect(1)]).then(() => events.push("acknowledged"));
  const second = log.append([collect(2)]);
  gates[0]?.resolve();
  await first;
  assert.deepEqual(events, ["sync", "sync", "acknowledged"]);
  assert.equal(log.status().pendingBytes, JSON.stringify(collect(2)).length);
  gates[1]?.resolve();
  await second;
  await log.close();
});

test("a record has limits of commands and bytes, which only a single append may exceed", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 100_000_000 });
  const megabyte = acquire(["x".repeat(1024 * 1024)]);
  const appends = [
    log.append([collect(1)]),
    ...range(1, 8000).map((n) => log.append([collect(n)])),
    ...range(1, 500).map((n) => log.append([collect(n)])),
    ...range(1, 6).map(() => log.append([megabyte])),
    log.append(range(1, 9000).map(collect)),
  ];
  await Promise.all(appends);
  const batches = await batchesUntil(log, 1, 17_507);
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [1, 8192, 311, 3, 9000],
  );
  await log.close();
});

test("a failed sync ends the log: nothing more is acknowledged, written or thrown", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  const appends = [log.append([collect(2)]), log.append([collect(3)])];
  await assert.rejects(log.failed, { code: "EIO" });
  disk.fault = () => undefined;
  const { write, sync } = disk.counts;
  const pending = Promise.race([...appends, log.append([collect(4)])]);
  assert.equal(await isPending(pending), true);
  assert.equal(log.status().lastIndex, 1);
  await log.close();
  assert.deepEqual([disk.counts.write, disk.counts.sync], [write, sync]);
  assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterCrash())), [1]);
});

test("a write that fails for another reason than space ends the log as well", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  disk.fault = (operation, path) => (operation === "write" ? diskError("EIO", path) : undefined);
  const append = log.append([collect(2)]);
  await assert.rejects(log.failed, { code: "EIO" });
  assert.equal(await isPending(append), true);
  await log.close();
  assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterCrash({ keep: "all" }))), [1]);
});

test("an append too long for a string is rejected, and the log goes on", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  const commands = range(1, 3).map(() => acquire(["x".repeat(2 ** 28)]));
  await assert.rejects(log.append(commands), Unavailable);
  await log.append([collect(1)]);
  await log.close();
  assert.deepEqual(indexesOf(await entriesAfterStart(disk)), [1]);
});

test("a relaxed log acknowledges before the sync, and syncs new records every second", async () => {
  const disk = createMemoryDisk();
  const seconds: (() => void)[] = [];
  const log = await openSmallLog(disk, {
    durability: "relaxed",
    segmentBytes: 1_000_000,
    everySecond(run) {
      seconds.push(run);
      return () => seconds.splice(0);
    },
  });
  const before = disk.counts.sync;
  await log.append([collect(1)]);
  await log.append([collect(2)]);
  assert.equal(disk.counts.sync, before);
  assert.deepEqual(await entriesAfterStart(disk.afterCrash()), []);
  seconds[0]?.();
  await nextTurn();
  seconds[0]?.();
  await nextTurn();
  assert.equal(disk.counts.sync, before + 1);
  assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterCrash())), [1, 2]);
  await log.close();
  assert.equal(seconds.length, 0);
});

test("a relaxed log that was closed vouches for all of its records", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { durability: "relaxed" });
  for (const n of [1, 2]) await log.append([collect(n)]);
  await log.close();
  const path = disk.names()[0] ?? "";
  const flipped = disk.bytesOf(path);
  const offset = flipped.indexOf('"idleMs":2');
  flipped.writeUInt8(flipped.readUInt8(offset) ^ 1, offset);
  await assert.rejects(openSmallLog(withFile(disk, path, flipped)), LogDamage);
});

test("a relaxed log whose sync fails ends", async () => {
  const disk = createMemoryDisk();
  const seconds: (() => void)[] = [];
  const log = await openSmallLog(disk, {
    durability: "relaxed",
    everySecond(run) {
      seconds.push(run);
      return () => {};
    },
  });
  await log.append([collect(1)]);
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  seconds[0]?.();
  await assert.rejects(log.failed, { code: "EIO" });
  await log.close();
});
