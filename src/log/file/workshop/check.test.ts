import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../../testing/disk-error.ts";
import {
  collect,
  collectAll,
  index,
  indexesOf,
  range,
  stateAt,
} from "../../../../testing/log-entries.ts";
import { pageBytes, withBadPages } from "../../../../testing/memory-disk/bad-pages.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../../testing/memory-disk/memory-disk.ts";
import { openSmallLog } from "../../../../testing/small-log.ts";
import type { Log } from "../../log.ts";
import { ContentTooNew } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { checkFolder } from "./check.ts";
import type { Finding } from "./finding.ts";
import { readFolder } from "./folder-contents.ts";

/** Entries in segments of five, two snapshots; still open. */
async function running(count = 20): Promise<MemoryDisk> {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, count)) await log.append([collect(n)]);
  await log.writeSnapshot(index(5), [stateAt(5)]);
  await log.writeSnapshot(index(10), range(1, 300).map(stateAt));
  return disk;
}

async function findings(disk: Disk): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for await (const finding of checkFolder(disk, "/log")) found.push(finding);
  return found;
}

function flip(disk: MemoryDisk, path: string, offset: number): void {
  const bytes = disk.bytesOf(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  disk.put(path, bytes);
}

test("an intact log is listed with its contents while it is open, and nothing changes", async () => {
  const disk = await running();
  const before = disk.names().map((name) => disk.bytesOf(name));
  const found = await findings(disk);
  assert.deepEqual(
    found
      .slice(0, 2)
      .map((finding) => finding.type === "snapshot" && [finding.index, finding.records]),
    [
      [5, 1],
      [10, 300],
    ],
  );
  const segments = found.filter((finding) => finding.type === "segment");
  assert.equal(found.length, 2 + segments.length);
  assert.deepEqual(segments[0], {
    type: "segment",
    file: "/log/log-0000000000000001.hfl",
    firstIndex: 1,
    lastIndex: 5,
    entries: 5,
    records: 5,
    times: { first: 1000, last: 1000 },
    bytes: disk.bytesOf("/log/log-0000000000000001.hfl").length,
  });
  assert.equal(segments.at(-1)?.lastIndex, 20);
  assert.deepEqual(
    disk.names().map((name) => disk.bytesOf(name)),
    before,
  );
});

test("every damaged place is found, not only the first", async () => {
  const disk = await running(30);
  const places = [
    ["/log/log-0000000000000001.hfl", 50],
    ["/log/log-0000000000000001.hfl", 210],
    ["/log/log-0000000000000006.hfl", 3],
    ["/log/snapshot-0000000000000010.hfs", 100],
  ] as const;
  for (const [path, offset] of places) flip(disk, path, offset);
  await disk.remove("/log/log-0000000000000016.hfl");
  const problems = (await findings(disk)).filter((finding) => finding.type === "problem");
  assert.deepEqual(
    problems.map(({ file, offset }) => [file, offset]),
    [
      ["/log/snapshot-0000000000000010.hfs", 24],
      ["/log/log-0000000000000001.hfl", 40],
      ["/log/log-0000000000000001.hfl", 182],
      ["/log/log-0000000000000006.hfl", 0],
      ["/log/log-0000000000000021.hfl", 0],
    ],
  );
});

test("records behind a damaged header are still read", async () => {
  const disk = await running();
  const path = "/log/log-0000000000000006.hfl";
  const before = (await findings(disk)).find(({ file }) => file === path);
  flip(disk, path, 3);
  flip(disk, path, disk.bytesOf(path).indexOf('"idleMs":8'));
  const found = (await findings(disk)).filter(({ file }) => file === path);
  assert.deepEqual(
    found.map((finding) => [finding.type, "offset" in finding ? finding.offset : undefined]),
    [
      ["problem", 0],
      ["problem", 40 + 2 * 71],
      ["segment", undefined],
    ],
  );
  assert.deepEqual(found.at(-1), { ...before, entries: 4, records: 4 });
});

test("a segment without a readable header and first record is read from its second", async () => {
  const disk = await running();
  const path = "/log/log-0000000000000006.hfl";
  const bytes = disk.bytesOf(path);
  disk.put(path, bytes.fill(0xff, 0, 60));
  const found = (await findings(disk)).filter(({ file }) => file === path);
  assert.deepEqual(
    found.map((finding) => (finding.type === "segment" ? finding.entries : finding.type)),
    ["problem", "problem", 4],
  );
});

test("a log that ends before a damaged snapshot is a problem of its own", async () => {
  const disk = await running();
  const newest = disk.names().findLast((name) => name.endsWith(".hfs")) ?? "";
  flip(disk, newest, 60);
  for (const path of disk.names()) if (path.endsWith(".hfl")) await disk.remove(path);
  const problems = (await findings(disk)).filter(({ file }) => file === newest);
  assert.deepEqual(
    problems.map((problem) => "explanation" in problem && problem.explanation),
    [
      "the block is not whole, or not the one that belongs here",
      `it is of entry ${Number(/\d+/.exec(newest)?.[0])}, but the log ends with entry 0`,
    ],
  );
});

test("an unreadable page is a problem with its place, and the records behind it are still read", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 5 * pageBytes });
  for (const n of range(1, 200)) await log.append([collect(n)]);
  await log.close();
  const path = "/log/log-0000000000000001.hfl";
  const found = await findings(withBadPages(disk, path, [0, 2]));
  const read = found.at(-1);
  assert.ok(read?.type === "segment" && read.entries > 50 && read.lastIndex === 200);
  const problems = found.filter((finding) => finding.type === "problem");
  assert.deepEqual(
    problems.map(({ offset, explanation }) => [offset < 2 * pageBytes, explanation]),
    [
      [true, `the disk cannot read it (EIO: ${path})`],
      [true, `the disk cannot read it (EIO: ${path}), from byte 40 on`],
      [true, `the disk cannot read it (EIO: ${path}), from byte ${2 * pageBytes} on`],
    ],
  );
  assert.equal(found.length, problems.length + 1);
});

test("the entries before an unreadable page are read", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 5 * pageBytes });
  for (const n of range(1, 200)) await log.append([collect(n)]);
  const path = "/log/log-0000000000000001.hfl";
  const read: number[] = [];
  await assert.rejects(
    async () => {
      const bad = withBadPages(disk, path, [2]);
      for await (const entries of readFolder(bad, "/log")) read.push(...indexesOf(entries));
    },
    { name: "ReadFailure", offset: 2 * pageBytes },
  );
  assert.deepEqual(read, range(1, read.length));
  assert.ok(disk.bytesOf(path).indexOf(`"idleMs":${read.length + 1}}`) > 2 * pageBytes - 71);
});

test("a damaged header is reported as such, although the disk cannot read a page behind it", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 5 * pageBytes });
  for (const n of range(1, 200)) await log.append([collect(n)]);
  const path = "/log/log-0000000000000001.hfl";
  flip(disk, path, 20);
  const [first] = await findings(withBadPages(disk, path, [2]));
  assert.ok(first?.type === "problem" && first.offset === 0);
  assert.equal(first.explanation, "the checksum of the header is wrong");
});

test("an unreadable page at the end of the log is no torn tail", async () => {
  const disk = await running();
  const path = disk.names().findLast((name) => name.endsWith(".hfl")) ?? "";
  disk.fault = (operation, file) =>
    operation === "read" && file.endsWith(".hfs") ? diskError("EIO", file) : undefined;
  const found = await findings(withBadPages(disk, path, [0]));
  const kinds = found.filter(({ file }) => file === path).map(({ type }) => type);
  assert.deepEqual(kinds, ["problem", "problem", "segment"]);
  const snapshots = found.filter(({ file }) => file.endsWith(".hfs"));
  assert.deepEqual(
    snapshots.map((finding) => [finding.type, "offset" in finding && finding.offset]),
    [
      ["problem", 0],
      ["problem", 0],
    ],
  );
});

test("a command that only a newer program knows is a problem, with its place", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  await log.append([collect(2), { type: "enqueue" } as never]);
  const found = (await findings(disk)).filter((finding) => finding.type === "problem");
  assert.equal(found.length, 1);
  assert.equal(found[0]?.offset, 40 + 71);
  assert.match(found[0]?.explanation ?? "", /the command "enqueue" of entry 3 is unknown/);
  await assert.rejects(collectAll(readFolder(disk, "/log")), ContentTooNew);
});

test("an incomplete last record is torn, and no problem", async () => {
  const disk = await running();
  const path = disk.names().findLast((name) => name.endsWith(".hfl")) ?? "";
  const bytes = disk.bytesOf(path);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  disk.open(path, "write").write(Buffer.from("half"), end);
  const last = (await findings(disk)).filter(({ type }) => type === "torn" || type === "problem");
  assert.deepEqual(
    last.map((finding) => finding.type === "torn" && [finding.offset, finding.bytes]),
    [[end, 4]],
  );
});

test("a snapshot beyond the end, and a log that begins after all snapshots, are problems", async () => {
  const disk = await running();
  for (const path of disk.names().slice(0, 3)) await disk.remove(path);
  const begin = (await findings(disk)).filter((finding) => finding.type === "problem");
  assert.match(begin[0]?.explanation ?? "", /begins with entry 16, but no snapshot/);
  for (const path of disk.names()) if (path.endsWith(".hfl")) await disk.remove(path);
  const end = (await findings(disk)).filter((finding) => finding.type === "problem");
  assert.match(end[0]?.explanation ?? "", /of entry 10, but the log ends with entry 0/);
});

/** Acts like a server: appends, makes two snapshots, and trims the entries that they cover. */
async function goOn(log: Log): Promise<void> {
  for (const _ of [1, 2]) {
    for (const n of range(1, 12)) await log.append([collect(n)]);
    const { lastIndex } = log.status();
    await log.writeSnapshot(lastIndex, [stateAt(lastIndex)]);
  }
  await log.trim();
}

test("a server that trims between the listing and the reading is no problem", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await goOn(log);
  let lists = 0;
  const trimming = {
    ...disk,
    async list(folder: string) {
      const names = await disk.list(folder);
      lists += 1;
      if (lists <= 2) await goOn(log);
      return names;
    },
  };
  const found = await findings(trimming);
  assert.ok(lists > 2);
  assert.deepEqual(
    found.filter(({ type }) => type === "problem"),
    [],
  );
  assert.equal(found.filter(({ type }) => type === "snapshot").length, 2);
  await log.close();
});

test("a server that trims the whole listed log during the check is no problem", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await goOn(log);
  let isTrimmed = false;
  const found: Finding[] = [];
  const trimming = {
    ...disk,
    async turn() {
      if (isTrimmed || found.length < 2) return;
      isTrimmed = true;
      await goOn(log);
    },
  };
  for await (const finding of checkFolder(trimming, "/log")) found.push(finding);
  assert.ok(isTrimmed);
  assert.deepEqual(
    found.filter(({ type }) => type === "problem"),
    [],
  );
  await log.close();
});

test("the check of a folder whose server never stops trimming ends, and says why", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await goOn(log);
  const restless = {
    ...disk,
    async list(folder: string) {
      const names = await disk.list(folder);
      await goOn(log);
      return names;
    },
  };
  await assert.rejects(findings(restless), /trims its log faster than it can be read/);
  await log.close();
});

test("an empty folder has no findings and no entries", async () => {
  const disk = createMemoryDisk();
  assert.deepEqual(await findings(disk), []);
  assert.deepEqual(await collectAll(readFolder(disk, "/log")), []);
});

test("the entries of a folder are read in any range, while the log is open", async () => {
  const disk = await running();
  assert.deepEqual(indexesOf(await collectAll(readFolder(disk, "/log"))), range(1, 20));
  const part = readFolder(disk, "/log", { from: index(5), until: index(9) });
  assert.deepEqual(indexesOf(await collectAll(part)), range(5, 9));
});
