import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import { createRandom } from "../../../testing/history/random.ts";
import {
  acquire,
  collect,
  entriesUntil,
  index,
  indexesOf,
  range,
  stateAt,
} from "../../../testing/log-entries.ts";
import {
  createMemoryDisk,
  type MemoryDisk,
  withFile,
} from "../../../testing/memory-disk/memory-disk.ts";
import { entriesAfterStart, openSmallLog } from "../../../testing/small-log.ts";
import type { Command, Entry } from "../../core/command.ts";
import type { LogStatus } from "../log.ts";
import { FormatTooNew, LogDamage } from "./damage.ts";
import { segmentHeaderBytes } from "./format.ts";

interface Written {
  readonly disk: MemoryDisk;
  readonly entries: readonly Entry[];
}

/** A log of several segments: closed, or as after `kill -9`. */
async function written(count: number, end: "closed" | "killed"): Promise<Written> {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, count)) await log.append([collect(n)]);
  const entries = await entriesUntil(log, 1, count);
  const killed = disk.afterCrash();
  await log.close();
  return { disk: end === "closed" ? disk : killed, entries };
}

function segmentsOf(disk: MemoryDisk): readonly string[] {
  return disk.names().filter((name) => name.endsWith(".hfl"));
}

function lastSegmentOf(disk: MemoryDisk): string {
  return segmentsOf(disk).at(-1) ?? "";
}

function endOf(bytes: Buffer): number {
  return bytes.findLastIndex((byte) => byte !== 0) + 1;
}

const damaged = (file: string, what: RegExp) => (error: Error) => {
  assert.ok(error instanceof LogDamage, error.stack);
  assert.equal(error.file, file);
  assert.match(error.message, what);
  assert.match(
    error.message,
    /byte \d+: .*"holdfast log check \/log" .*"holdfast log repair \/log --dry-run"/,
  );
  return true;
};

const tornCases: readonly { readonly name: string; readonly torn: readonly Command[] }[] = [
  { name: "of one short command", torn: [collect(3)] },
  { name: "of several commands", torn: [collect(3), acquire(["a"]), collect(4)] },
  { name: "of two sectors", torn: [acquire(["x".repeat(700)])] },
  { name: "with zeros, quotes and characters of four bytes", torn: [acquire(['\0"🔒\0\0', "\0"])] },
];

for (const { name, torn } of tornCases) {
  for (const kept of [0, 2]) {
    test(`a torn last record ${name}, behind ${kept} others, is cut off at any length, counted, and the log goes on`, async () => {
      const disk = createMemoryDisk();
      const log = await openSmallLog(disk, { segmentBytes: 10_000 });
      for (const n of range(1, kept)) await log.append([collect(n)]);
      const start = segmentHeaderBytes + log.status().bytesSinceSnapshot;
      await log.append(torn);
      const before = (await entriesUntil(log, 1, kept + 1)).slice(0, kept);
      const path = lastSegmentOf(disk);
      const bytes = disk.bytesOf(path);
      for (const length of range(start + 1, endOf(bytes) - 1)) {
        for (const zeros of [0, 100]) {
          const left = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(zeros)]);
          await checkTorn(withFile(disk, path, left), before, Math.max(0, endOf(left) - start));
        }
      }
    });
  }
}

async function checkTorn(
  disk: MemoryDisk,
  before: readonly Entry[],
  tornBytes: number,
): Promise<void> {
  const log = await openSmallLog(disk);
  assert.equal(log.status().files.tornBytes, tornBytes);
  await log.append([collect(99)]);
  await log.close();
  const after = await entriesAfterStart(disk);
  assert.deepEqual(after.slice(0, -1), before);
  assert.deepEqual(after.at(-1)?.command, collect(99));
}

test("a last record is cut off when any part of it never reached the disk", async () => {
  const { disk, entries } = await written(3, "killed");
  const path = lastSegmentOf(disk);
  const bytes = disk.bytesOf(path);
  const end = endOf(bytes);
  for (const from of range(bytes.lastIndexOf("[{") - 40, end - 1)) {
    for (const length of [1, 16, 32, 64]) {
      const holed = Buffer.from(bytes);
      holed.fill(0, from, Math.min(end, from + length));
      if (holed.equals(bytes)) continue;
      const after = await entriesAfterStart(withFile(disk, path, holed));
      assert.deepEqual(after, entries.slice(0, 2));
    }
  }
});

test("acknowledged entries survive a power loss after any append", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 30)) {
    await log.append([collect(n)]);
    assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterCrash())), range(1, n));
    assert.deepEqual(
      indexesOf(await entriesAfterStart(disk.afterCrash({ keep: "all" }))),
      range(1, n),
    );
  }
  await log.close();
});

test("a power loss at any disk operation loses no acknowledged entry", async () => {
  const disk = createMemoryDisk();
  const crashes: { readonly disk: MemoryDisk; readonly acknowledged: number }[] = [];
  let acknowledged = 0;
  disk.fault = () => {
    crashes.push({ disk: disk.afterCrash(), acknowledged });
    crashes.push({ disk: disk.afterCrash({ keep: "all" }), acknowledged });
    return undefined;
  };
  const log = await openSmallLog(disk);
  for (const n of range(1, 20)) {
    await log.append([collect(n)]);
    acknowledged = n;
    if (n % 5 === 0) await log.writeSnapshot(index(n), [stateAt(n)]);
    if (n % 5 === 0) await log.trim();
  }
  await log.close();
  assert.ok(crashes.length > 100);
  for (const crash of crashes) {
    const again = await openSmallLog(crash.disk);
    const { lastIndex, firstIndex } = again.status();
    assert.ok(lastIndex >= crash.acknowledged, `${lastIndex} of ${crash.acknowledged}`);
    const snapshot = await again.newestSnapshot();
    assert.ok(firstIndex <= (snapshot?.index ?? 0) + 1);
    await again.close();
  }
});

test("a missing segment is reported at its neighbour", async () => {
  const { disk } = await written(20, "closed");
  const [first = "", second = "", third = ""] = segmentsOf(disk);
  await assert.rejects(
    openSmallLog(withFile(disk, first, undefined)),
    damaged(second, /begins with entry 6, but there is no snapshot/),
  );
  await assert.rejects(
    openSmallLog(withFile(disk, second, undefined)),
    damaged(third, /begins with entry 11, but the segment before ends with 5/),
  );
});

test("a power loss during a trim leaves no gap between the segments that remain", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 30)) await log.append([collect(n)]);
  for (const n of [29, 30]) await log.writeSnapshot(index(n), [stateAt(n)]);
  const crashes: MemoryDisk[] = [];
  const cut = () =>
    crashes.push(...range(1, 10).map((seed) => disk.afterCrash({ keep: createRandom(seed) })));
  disk.fault = () => void cut();
  await log.trim();
  cut();
  for (const crash of crashes) {
    const { firstIndex } = await statusAfterStart(crash);
    assert.deepEqual(indexesOf(await entriesAfterStart(crash, firstIndex)), range(firstIndex, 30));
  }
  assert.equal((await statusAfterStart(disk.afterCrash())).firstIndex, 26);
});

async function statusAfterStart(disk: MemoryDisk): Promise<LogStatus> {
  const log = await openSmallLog(disk);
  await log.close();
  return log.status();
}

for (const unreadable of [[20], [10, 20]]) {
  test(`a missing log is noticed when the snapshots ${unreadable} are damaged`, async () => {
    const { disk } = await written(20, "closed");
    const log = await openSmallLog(disk);
    for (const n of [10, 20]) await log.writeSnapshot(index(n), [stateAt(n)]);
    await log.close();
    const paths = unreadable.map((n) => `/log/snapshot-00000000000000${n}.hfs`);
    for (const path of paths) disk.put(path, Buffer.from("damaged"));
    for (const path of segmentsOf(disk).toReversed()) {
      await disk.remove(path);
      await assert.rejects(
        openSmallLog(disk),
        damaged(paths.at(-1) ?? "", /of entry 20, but the log ends with/),
      );
    }
  });
}

test("a missing last segment is noticed when a snapshot covers it", async () => {
  const { disk } = await written(20, "closed");
  const log = await openSmallLog(disk);
  await log.writeSnapshot(index(20), [stateAt(20)]);
  await log.close();
  await assert.rejects(
    openSmallLog(withFile(disk, lastSegmentOf(disk), undefined)),
    damaged("/log/snapshot-0000000000000020.hfs", /of entry 20, but the log ends with entry 15/),
  );
});

test("a log that was trimmed up to a missing snapshot is refused", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 20)) await log.append([collect(n)]);
  await log.writeSnapshot(index(15), [stateAt(15)]);
  await log.writeSnapshot(index(20), [stateAt(20)]);
  await log.trim();
  await log.close();
  for (const name of disk.names()) if (name.endsWith(".hfs")) await disk.remove(name);
  await assert.rejects(openSmallLog(disk), /there is no snapshot of the entries before it/);
});

test("an intact segment of another log is refused", async () => {
  const { disk } = await written(20, "closed");
  const other = createMemoryDisk();
  const log = await openSmallLog(other, { now: () => 2000 as Entry["at"] });
  for (const n of range(1, 20)) await log.append([collect(n)]);
  await log.close();
  const path = segmentsOf(disk)[1] ?? "";
  await assert.rejects(
    openSmallLog(withFile(disk, path, other.bytesOf(path))),
    damaged(path, /does not continue the record at the end of the segment before/),
  );
});

test("a file under the name of another segment is refused", async () => {
  const { disk } = await written(20, "closed");
  const [first = "", second = ""] = segmentsOf(disk);
  await assert.rejects(
    openSmallLog(withFile(disk, second, disk.bytesOf(first))),
    damaged(second, /index 1, not that of the name/),
  );
});

test("a record missing from the middle is refused, and so is a doubled one", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 1_000_000 });
  for (const n of range(1, 5)) await log.append([collect(n)]);
  await log.close();
  const path = lastSegmentOf(disk);
  const file = disk.bytesOf(path);
  // The zeros of the reserve follow the records.
  const bytes = file.subarray(0, file.findLastIndex((byte) => byte !== 0) + 1);
  const record = (bytes.length - 40 - 42) / 5;
  const starts = range(0, 5).map((n) => 40 + n * record);
  const [, second = 0, third = 0] = starts;
  const without = Buffer.concat([bytes.subarray(0, second), bytes.subarray(third)]);
  await assert.rejects(
    openSmallLog(withFile(disk, path, without)),
    damaged(path, /index 3 stands where the one with index 2 belongs/),
  );
  const twice = Buffer.concat([bytes.subarray(0, third), bytes.subarray(second)]);
  await assert.rejects(openSmallLog(withFile(disk, path, twice)), LogDamage);
});

test("a newer format is refused, naming the version found and the newest one known", async () => {
  const { disk } = await written(3, "closed");
  const log = await openSmallLog(disk);
  await log.writeSnapshot(index(3), [stateAt(3)]);
  await log.close();
  for (const path of disk.names()) {
    const bytes = disk.bytesOf(path);
    bytes.writeUInt32LE(7, 8);
    // With the checksum of version 1, the version itself would count as damaged.
    bytes.writeUInt32LE(0, 12);
    await assert.rejects(openSmallLog(withFile(disk, path, bytes)), (error: Error) => {
      assert.ok(error instanceof FormatTooNew);
      assert.match(error.message, /version 7; this program reads versions up to 1/);
      return true;
    });
  }
});

test("a log that the disk cannot read is refused with file, byte and the next step", async () => {
  const { disk } = await written(3, "closed");
  const path = lastSegmentOf(disk);
  disk.fault = (operation, file) =>
    operation === "read" && file === path ? diskError("EIO", file) : undefined;
  await assert.rejects(openSmallLog(disk), {
    name: "ReadFailure",
    code: "EIO",
    file: path,
    offset: 0,
    message:
      /byte 0: the disk cannot read it \(EIO: .*\)\. First copy \/log to a sound disk; .* repair \/log --dry-run/,
  });
});

test("refusing to open changes no file", async () => {
  const { disk } = await written(20, "killed");
  const path = segmentsOf(disk)[1] ?? "";
  const bytes = disk.bytesOf(path);
  bytes.writeUInt8(0xff, 60);
  const copy = withFile(disk, path, bytes);
  const before = copy.names().map((name) => copy.bytesOf(name));
  await assert.rejects(openSmallLog(copy), LogDamage);
  assert.deepEqual(
    copy.names().map((name) => copy.bytesOf(name)),
    before,
  );
});

test("unfinished files of a crash are removed", async () => {
  const { disk } = await written(3, "killed");
  disk.put("/log/snapshot-0000000000000003.hfs.tmp", Buffer.from("half"));
  disk.put("/log/log-0000000000000004.hfl.tmp", Buffer.alloc(10));
  assert.equal((await entriesAfterStart(disk)).length, 3);
  assert.deepEqual(
    disk.names().filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("entries found at a start survive a power loss, although no sync has ever written them", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  disk.beforeSync = () => new Promise(() => {});
  void log.append([collect(2)]);
  await disk.turn();
  const killed = disk.afterKill();
  const again = await openSmallLog(killed);
  assert.equal(again.status().lastIndex, 2);
  assert.deepEqual(indexesOf(await entriesAfterStart(killed.afterCrash())), [1, 2]);
});

test("entries found at a start survive a power loss, although a sync of them has failed", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  void log.append([collect(2)]);
  await assert.rejects(log.failed, { code: "EIO" });
  const killed = disk.afterKill();
  assert.deepEqual(indexesOf(await entriesAfterStart(killed.afterKill())), [1, 2]);
  assert.deepEqual(indexesOf(await entriesAfterStart(killed.afterCrash())), [1]);
  const again = await openSmallLog(killed);
  assert.equal(again.status().lastIndex, 2);
  assert.deepEqual(indexesOf(await entriesAfterStart(killed.afterCrash())), [1, 2]);
});

test("a segment whose name was never synced survives a power loss once a start has found it", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 5)) await log.append([collect(n)]);
  disk.syncFolder = () => new Promise(() => {});
  void log.append([collect(6)]);
  while (segmentsOf(disk).length < 2) await disk.turn();
  const killed = disk.afterKill();
  const again = await openSmallLog(killed);
  await again.append([collect(6)]);
  assert.deepEqual(indexesOf(await entriesAfterStart(killed.afterCrash())), range(1, 6));
});

test("a power loss may take the first of several pending records and leave the second", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { durability: "relaxed", everySecond: () => () => {} });
  for (const n of [1, 2, 3]) await log.append([collect(n)]);
  const path = lastSegmentOf(disk);
  const bytes = disk.bytesOf(path);
  const second = bytes.indexOf('"idleMs":2');
  bytes.fill(0, second - 40, second);
  const again = await openSmallLog(withFile(disk, path, bytes));
  assert.deepEqual(again.status().lastIndex, 1);
  assert.ok(again.status().files.tornBytes > 0);
});
