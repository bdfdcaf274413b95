import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, collectAll, index, indexesOf, range } from "../../../testing/log-entries.ts";
import { createMemoryDisk } from "../../../testing/memory-disk/memory-disk.ts";
import { openSmallLog } from "../../../testing/small-log.ts";
import type { Log } from "../log.ts";
import type { Disk } from "./disk.ts";
import { readEntries } from "./entries.ts";
import { segmentsAmong } from "./names.ts";
import { stateInFolder } from "./workshop/folder-contents.ts";

async function append(log: Log, from: number, until: number): Promise<void> {
  for (const n of range(from, until)) await log.append([collect(n)]);
}

/** The disk, on which something happens before the `number`-th listing of the folder. */
function beforeList(disk: Disk, number: number, happen: () => Promise<void>): Disk {
  let lists = 0;
  return {
    ...disk,
    async list(folder) {
      lists += 1;
      if (lists === number) await happen();
      return disk.list(folder);
    },
  };
}

const ranges = [
  { name: "up to the end", range: { from: index(1) } },
  {
    name: "of a range up to an entry that is written meanwhile",
    range: { from: index(1), until: index(8) },
  },
];

for (const { name, range: wanted } of ranges) {
  test(`a reader ${name} goes on when the log begins a new segment behind the end it has found`, async () => {
    const disk = createMemoryDisk();
    const log = await openSmallLog(disk);
    await append(log, 1, 2);
    // The second listing follows the end of the only segment.
    const rolling = beforeList(disk, 2, () => append(log, 3, 8));
    const read = indexesOf(await collectAll(readEntries(rolling, "/log", wanted)));
    assert.deepEqual(read, range(1, 8));
    assert.ok(segmentsAmong(await disk.list("/log")).length > 1);
    await log.close();
  });
}

test("a backup has the entries of a new segment that the log begins behind the end it has found", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await append(log, 1, 2);
  const rolling = beforeList(disk, 3, () => append(log, 3, 8));
  assert.equal((await stateInFolder(rolling, "/log", assert.fail)).index, 8);
  await log.close();
});

test("entries missing from a segment are noticed even if it was the last one when it was read", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await append(log, 1, 2);
  const losing = beforeList(disk, 2, async () => {
    await append(log, 3, 12);
    await disk.remove("/log/log-0000000000000006.hfl");
  });
  const read: number[] = [];
  await assert.rejects(
    async () => {
      const entries = readEntries(losing, "/log", { from: index(1) });
      for await (const batch of entries) read.push(...indexesOf(batch));
    },
    {
      name: "LogDamage",
      file: "/log/log-0000000000000011.hfl",
      explanation: "entry 6 is missing before it",
    },
  );
  assert.deepEqual(read, range(1, 5));
  await log.close();
});

test("an entry that nobody has written yet is missing", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await append(log, 1, 2);
  const entries = readEntries(disk, "/log", { from: index(1), until: index(3) });
  await assert.rejects(collectAll(entries), { explanation: "entry 3 is missing at its end" });
  await log.close();
});
