import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import {
  acquire,
  collect,
  collectAll,
  entriesUntil,
  index,
  indexesOf,
  range,
  stateAt,
} from "../../../testing/log-entries.ts";
import { createMemoryDisk } from "../../../testing/memory-disk/memory-disk.ts";
import { entriesAfterStart, openSmallLog } from "../../../testing/small-log.ts";
import type { Entry } from "../../core/command.ts";
import { logSuite } from "../log.suite.ts";
import { nodeDisk, openFileLog } from "./mod.ts";

const root = await mkdtemp(join(tmpdir(), "holdfast-log-"));
after(() => rm(root, { recursive: true }));
let folders = 0;

function newFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

logSuite("file", ({ now }) => openSmallLog(nodeDisk, { now, folder: newFolder() }));

logSuite("file, relaxed", ({ now }) =>
  openSmallLog(createMemoryDisk(), { now, durability: "relaxed", everySecond: () => () => {} }),
);

test("a log reopens with the entries, the snapshot and the time it had", async () => {
  const folder = newFolder();
  const log = await openSmallLog(nodeDisk, { folder, now: () => 9000 as Entry["at"] });
  for (const n of range(1, 40)) await log.append([collect(n), acquire([`${n}`])]);
  await log.writeSnapshot(index(60), range(1, 700).map(stateAt));
  const entries = await entriesUntil(log, 1, 80);
  await log.close();
  const again = await openSmallLog(nodeDisk, { folder, now: () => 1000 as Entry["at"] });
  assert.deepEqual(await entriesUntil(again, 1, 80), entries);
  const snapshot = await again.newestSnapshot();
  assert.equal(snapshot?.index, 60);
  assert.deepEqual([...(snapshot?.records ?? [])], range(1, 700).map(stateAt));
  await again.append([collect(81)]);
  assert.deepEqual(await entriesUntil(again, 81, 81), [
    { index: 81, at: 9000, command: collect(81) },
  ]);
  await again.close();
});

test("a log that is opened and closed repeatedly keeps its size", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  await log.close();
  const [path] = disk.names();
  const bytes = disk.bytesOf(path ?? "");
  for (const _ of range(1, 3)) await entriesAfterStart(disk);
  assert.deepEqual(disk.bytesOf(path ?? ""), bytes);
});

test("trim removes the segments before the older snapshot, never the last one", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 40)) await log.append([collect(n)]);
  const segments = disk.names().filter((name) => name.endsWith(".hfl"));
  for (const n of [10, 39, 40]) await log.writeSnapshot(index(n), [stateAt(n)]);
  await log.trim();
  const kept = disk.names();
  assert.deepEqual(kept, [
    segments.at(-1),
    "/log/snapshot-0000000000000039.hfs",
    "/log/snapshot-0000000000000040.hfs",
  ]);
  const { firstIndex, bytesSinceSnapshot } = log.status();
  assert.equal(segments.at(-1), `/log/log-${String(firstIndex).padStart(16, "0")}.hfl`);
  assert.equal(bytesSinceSnapshot, 0);
  await log.close();
  assert.deepEqual(indexesOf(await entriesAfterStart(disk, firstIndex)), range(firstIndex, 40));
});

test("a segment that could not be removed is removed by the next trim, and no gap is left", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 30)) await log.append([collect(n)]);
  for (const n of [12, 13]) await log.writeSnapshot(index(n), [stateAt(n)]);
  let failures = 1;
  disk.fault = (operation, path) =>
    operation === "remove" && failures-- > 0 ? diskError("ENOSPC", path) : undefined;
  await assert.rejects(log.trim(), { code: "ENOSPC" });
  assert.equal(log.status().firstIndex, 1);
  await log.trim();
  const { firstIndex } = log.status();
  assert.ok(firstIndex > 1);
  const [oldest] = disk.names();
  assert.equal(oldest, `/log/log-${String(firstIndex).padStart(16, "0")}.hfl`);
  assert.deepEqual(indexesOf(await entriesUntil(log, firstIndex, 30)), range(firstIndex, 30));
});

test("a reader of the files yields their entries, ends, and may write snapshots", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 20)) await log.append([collect(n)]);
  const reader = await openFileLog({ access: "reader", disk, folder: "/log" });
  const entries = await collectAll(reader.read(index(5), new AbortController().signal));
  assert.deepEqual(indexesOf(entries), range(5, 20));
  await reader.writeSnapshot(index(20), [stateAt(20)]);
  assert.equal((await reader.newestSnapshot())?.index, 20);
  await reader.close();
  assert.equal((await log.newestSnapshot())?.index, 20);
  await log.trim();
  assert.equal(log.status().snapshotIndex, 20);
  await log.close();
});

test("a reader of the files ends before a record that is being written", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 1_000_000 });
  await log.append([collect(1)]);
  const path = disk.names()[0] ?? "";
  disk.open(path, "write").write(Buffer.from("half a record"), 200);
  const reader = await openFileLog({ access: "reader", disk, folder: "/log" });
  const entries = await collectAll(reader.read(index(1), new AbortController().signal));
  assert.deepEqual(indexesOf(entries), [1]);
  await log.close();
});

test("a reader too far behind goes on from the files, and misses nothing", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 1_000_000_000, growthBytes: 1_000_000 });
  const reading = log.read(index(1), new AbortController().signal)[Symbol.asyncIterator]();
  const first = reading.next();
  const batch = range(1, 50_000).map(collect);
  for (const _ of range(1, 8)) await log.append(batch);
  let next = (await first).value?.length + 1;
  while (next <= 400_000) {
    const entries: readonly Entry[] = (await reading.next()).value ?? [];
    assert.equal(entries[0]?.index, next);
    next += entries.length;
  }
  await reading.return?.();
  await log.close();
});
