import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import {
  collect,
  entriesUntil,
  index,
  indexesOf,
  range,
  stateAt,
} from "../../../testing/log-entries.ts";
import { createMemoryDisk, withFile } from "../../../testing/memory-disk/memory-disk.ts";
import { entriesAfterStart, openSmallLog } from "../../../testing/small-log.ts";
import type { SnapshotRecord } from "../../core/snapshot.ts";
import type { LogDamage } from "./damage.ts";
import { encodeSnapshot } from "./snapshot-blocks.ts";

test("any flipped bit in the newest snapshot makes the log use the older one", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 6)) await log.append([collect(n)]);
  await log.writeSnapshot(index(3), [stateAt(3)]);
  await log.writeSnapshot(index(6), range(1, 300).map(stateAt).slice(297));
  await log.close();
  const path = "/log/snapshot-0000000000000006.hfs";
  const bytes = disk.bytesOf(path);
  for (const bit of range(0, bytes.length * 8 - 1)) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const reports: LogDamage[] = [];
    const options = { report: (damage: LogDamage) => reports.push(damage) };
    const again = await openSmallLog(withFile(disk, path, flipped), options);
    assert.equal(reports[0]?.file, path);
    assert.equal((await again.newestSnapshot())?.index, 3);
    assert.deepEqual(indexesOf(await entriesUntil(again, 4, 6)), [4, 5, 6]);
    await again.close();
  }
});

test("the log uses the older snapshot when the disk cannot read the newest", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 6)) await log.append([collect(n)]);
  await log.writeSnapshot(index(3), [stateAt(3)]);
  await log.writeSnapshot(index(6), [stateAt(6)]);
  await log.close();
  const path = "/log/snapshot-0000000000000006.hfs";
  disk.fault = (operation, file) =>
    operation === "read" && file === path ? diskError("EIO", file) : undefined;
  const reports: LogDamage[] = [];
  const again = await openSmallLog(disk, { report: (damage) => reports.push(damage) });
  assert.equal((await again.newestSnapshot())?.index, 3);
  assert.match(reports[0]?.message ?? "", /0006\.hfs, byte 0: the disk cannot read it \(EIO: /);
  await again.close();
});

test("a snapshot cut at any length does not count as whole", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 3)) await log.append([collect(n)]);
  await log.writeSnapshot(index(3), range(1, 600).map(stateAt));
  await log.close();
  const path = "/log/snapshot-0000000000000003.hfs";
  const bytes = disk.bytesOf(path);
  for (let length = 0; length < bytes.length; length += 97) {
    const again = await openSmallLog(withFile(disk, path, bytes.subarray(0, length)));
    assert.equal(await again.newestSnapshot(), undefined);
    await again.close();
  }
});

test("long records get a block of their own", async () => {
  const disk = createMemoryDisk();
  const long = { filler: "x".repeat(7 * 1024 * 1024) };
  const records = range(1, 5).map((n): SnapshotRecord => ({ ...stateAt(n), ...long }));
  const blocks = [...encodeSnapshot({ index: index(5), records })].slice(1);
  assert.ok(blocks.every(({ length }) => length < 7.1 * 1024 * 1024));
  const log = await openSmallLog(disk);
  await log.append(range(1, 5).map(collect));
  await log.writeSnapshot(index(5), records);
  assert.deepEqual([...((await log.newestSnapshot())?.records ?? [])], records);
  await log.close();
});

test("a new snapshot replaces a damaged one, and the readable older one stays", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 9)) await log.append([collect(n)]);
  await log.writeSnapshot(index(3), [stateAt(3)]);
  await log.writeSnapshot(index(6), [stateAt(6)]);
  disk.put("/log/snapshot-0000000000000006.hfs", Buffer.from("damaged"));
  await log.writeSnapshot(index(9), [stateAt(9)]);
  assert.deepEqual(
    disk.names().filter((name) => name.endsWith(".hfs")),
    ["/log/snapshot-0000000000000003.hfs", "/log/snapshot-0000000000000009.hfs"],
  );
  await log.close();
});

test("a snapshot holds nothing that the log could still lose", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { durability: "relaxed", everySecond: () => () => {} });
  for (const n of range(1, 3)) await log.append([collect(n)]);
  await log.writeSnapshot(index(3), [stateAt(3)]);
  assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterCrash())), [1, 2, 3]);
  await log.close();
});

test("a failed snapshot leaves the older ones and no temporary file", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append(range(1, 3).map(collect));
  await log.writeSnapshot(index(1), [stateAt(1)]);
  for (const failing of ["write", "sync", "rename"] as const) {
    disk.fault = (operation, path) =>
      operation === failing && path.includes("snapshot") ? diskError("ENOSPC", path) : undefined;
    await assert.rejects(log.writeSnapshot(index(2), [stateAt(2)]), { code: "ENOSPC" });
  }
  disk.fault = () => undefined;
  assert.equal((await log.newestSnapshot())?.index, 1);
  assert.deepEqual(
    disk.names().filter((name) => name.endsWith(".tmp")),
    [],
  );
  await log.close();
});
