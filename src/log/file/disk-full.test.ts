import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import { acquire, indexesOf, range } from "../../../testing/log-entries.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../testing/memory-disk/memory-disk.ts";
import { entriesAfterStart, openSmallLog } from "../../../testing/small-log.ts";
import type { Command } from "../../core/command.ts";
import type { TimeMs } from "../../core/ids.ts";
import { type Log, Unavailable } from "../log.ts";

const tick: Command = { type: "tick" };
const large = acquire(["x".repeat(100)]);

interface Setting {
  readonly disk: MemoryDisk;
  readonly log: Log;
  pass(ms: number): void;
}

/** A log on a disk that has just become full. */
async function fullDisk(): Promise<Setting> {
  const disk = createMemoryDisk();
  let time = 1000;
  const log = await openSmallLog(disk, {
    now: () => time as TimeMs,
    segmentBytes: 10_000,
    reserveBytes: 300,
  });
  await log.append([acquire(["a"])]);
  disk.capacityBytes = usedBytes(disk);
  await assert.rejects(log.append([large]), Unavailable);
  return {
    disk,
    log,
    pass(ms) {
      time += ms;
    },
  };
}

function usedBytes(disk: MemoryDisk): number {
  return disk.names().reduce((sum, name) => sum + disk.bytesOf(name).length, 0);
}

async function reopened(disk: MemoryDisk): Promise<readonly number[]> {
  return indexesOf(await entriesAfterStart(disk.afterCrash()));
}

test("a full disk rejects commands that take, says why and when to retry, and shows in the status", async () => {
  const { log } = await fullDisk();
  assert.equal(log.status().isFull, true);
  await assert.rejects(log.append([large]), (error: Error) => {
    assert.ok(error instanceof Unavailable);
    assert.equal(error.retryAfterMs, 1000);
    assert.match(error.message, /The disk takes no more: ENOSPC/);
    return true;
  });
});

test("a full disk accepts commands that give back, even when they arrive together with others", async () => {
  const { disk, log } = await fullDisk();
  const results = await Promise.allSettled([
    log.append([tick], "reserve"),
    log.append([acquire(["b"])]),
    log.append([tick, tick], "reserve"),
    log.append([tick, acquire(["c"])], "reserve"),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "rejected"],
  );
  assert.equal(log.status().lastIndex, 4);
  assert.deepEqual(await reopened(disk), range(1, 4));
});

test("appends that wait while the disk becomes full are accepted or rejected one by one", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 10_000, reserveBytes: 300 });
  const held = Promise.withResolvers<void>();
  disk.beforeSync = () => held.promise;
  const first = log.append([acquire(["a"])]);
  disk.capacityBytes = usedBytes(disk);
  const waiting = [
    log.append([large]),
    log.append([tick], "reserve"),
    log.append([large]),
    log.append([tick], "reserve"),
  ];
  const results = Promise.allSettled(waiting);
  held.resolve();
  await first;
  assert.deepEqual(
    (await results).map(({ status }) => status),
    ["rejected", "fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(log.status().lastIndex, 3);
});

test("the end of the reserve goes to the appends that fit, however many arrive at once", async () => {
  const { disk, log } = await fullDisk();
  const results = await Promise.allSettled(
    range(1, 50).map(() => log.append([tick, tick], "reserve")),
  );
  const taken = results.filter(({ status }) => status === "fulfilled").length;
  assert.ok(taken > 0 && taken < 50, `${taken} were taken`);
  await assert.rejects(log.append([tick, tick], "reserve"), Unavailable);
  assert.equal((await reopened(disk)).length, 1 + 2 * taken);
});

test("when the reserve is used up, every append is rejected and nothing breaks", async () => {
  const { disk, log } = await fullDisk();
  let taken = 0;
  await assert.rejects(async () => {
    for (;;) {
      await log.append([tick], "reserve");
      taken += 1;
    }
  }, Unavailable);
  assert.ok(taken >= 5, `${taken} were taken`);
  assert.equal(log.status().lastIndex, 1 + taken);
  assert.deepEqual(await reopened(disk), range(1, 1 + taken));
});

test("a full disk is tried again after a second, not before, and recovers by itself", async () => {
  const { disk, log, pass } = await fullDisk();
  const writes = disk.counts.write;
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  pass(999);
  await assert.rejects(log.append([large]), Unavailable);
  assert.equal(disk.counts.write, writes);
  pass(1);
  await log.append([large]);
  assert.equal(log.status().isFull, false);
  assert.deepEqual(await reopened(disk), [1, 2]);
});

test("a tick notices that there is room again", async () => {
  const { disk, log, pass } = await fullDisk();
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  pass(1000);
  await log.append([tick], "reserve");
  assert.equal(log.status().isFull, false);
});

test("a disk that stays full keeps its reserve through every retry", async () => {
  const { disk, log, pass } = await fullDisk();
  for (const _ of range(1, 20)) {
    pass(1000);
    await assert.rejects(log.append([large]), Unavailable);
  }
  await log.append([tick], "reserve");
  assert.deepEqual(await reopened(disk), [1, 2]);
});

test("a log without room for a new segment goes on in the old one", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 100, reserveBytes: 300 });
  await log.append([large]);
  disk.capacityBytes = usedBytes(disk);
  await assert.rejects(log.append([large]), Unavailable);
  await log.append([tick], "reserve");
  assert.equal(disk.names().filter((name) => name.endsWith(".tmp")).length, 0);
  await log.close();
  assert.deepEqual(await reopened(disk), [1, 2]);
});

for (const code of ["EMFILE", "ENFILE"]) {
  test(`after ${code} at a new segment, the log stays in the old one for a second`, async () => {
    const disk = createMemoryDisk();
    let time = 1000;
    const log = await openSmallLog(disk, { now: () => time as TimeMs, segmentBytes: 100 });
    let tries = 0;
    const { open } = disk;
    disk.open = (path, mode) => {
      if (mode !== "create") return open(path, mode);
      tries += 1;
      throw diskError(code, path);
    };
    for (const _ of range(1, 5)) await log.append([large]);
    assert.equal(tries, 1);
    time += 1000;
    disk.open = open;
    await log.append([large]);
    await log.close();
    assert.equal(disk.names().filter((name) => name.endsWith(".hfl")).length, 2);
    assert.deepEqual(await reopened(disk), range(1, 6));
  });
}

for (const code of ["ENOSPC", "EDQUOT", "EROFS"]) {
  test(`${code} at the sync of a new segment's name ends the log: it does not mean a full disk`, async () => {
    const disk = createMemoryDisk();
    const { syncFolder } = disk;
    const log = await openSmallLog(disk);
    disk.syncFolder = (folder) => Promise.reject(diskError(code, folder));
    const taken: number[] = [];
    const appending = (async () => {
      for (const n of range(1, 30)) {
        await log.append([tick], "reserve");
        taken.push(n);
      }
    })();
    await assert.rejects(Promise.race([log.failed, appending]), { code });
    disk.syncFolder = syncFolder;
    assert.deepEqual(indexesOf(await entriesAfterStart(disk.afterKill())), taken);
  });
}

for (const code of ["ENOSPC", "EROFS"]) {
  test(`${code} when the log returns unused room loses no entry and does not end the log`, async () => {
    const disk = createMemoryDisk();
    disk.fault = (operation, path) =>
      operation === "truncate" ? diskError(code, path) : undefined;
    const log = await openSmallLog(disk, {
      segmentBytes: 300,
      growthBytes: 1000,
      reserveBytes: 100,
    });
    for (const _ of range(1, 20)) await log.append([tick], "reserve");
    await log.close();
    assert.deepEqual(await reopened(disk), range(1, 20));
    disk.fault = () => undefined;
    assert.deepEqual(await reopened(disk), range(1, 20));
  });
}

test("a closed log has its reserve when it reopens on a full disk", async () => {
  const disk = createMemoryDisk();
  const options = { segmentBytes: 10_000, reserveBytes: 400 };
  const log = await openSmallLog(disk, options);
  await log.append([acquire(["a"])]);
  await log.close();
  disk.capacityBytes = usedBytes(disk);
  const again = await openSmallLog(disk, options);
  await again.append([tick], "reserve");
  await assert.rejects(again.append([large]), Unavailable);
  await again.append([tick], "reserve");
  await again.close();
  assert.deepEqual(await reopened(disk), [1, 2, 3]);
});

test("a log opens on a full disk, rejects commands that take, and uses its reserve for the others", async () => {
  const { disk, log } = await fullDisk();
  await log.close();
  const again = await openSmallLog(disk, { reserveBytes: 400 });
  assert.equal(again.status().isFull, true);
  await assert.rejects(again.append([large]), Unavailable);
  await again.append([tick], "reserve");
  await again.close();
});

for (const code of ["ENOSPC", "EDQUOT", "EROFS"]) {
  test(`${code} in the middle of a record leaves no trace of it, even when undoing fails at first`, async () => {
    const disk = createMemoryDisk();
    let time = 1000;
    const log = await openSmallLog(disk, { now: () => time as TimeMs, segmentBytes: 10_000 });
    await log.append([tick], "reserve");
    disk.fault = (operation, path) =>
      operation === "write" || operation === "truncate" ? diskError(code, path) : undefined;
    await assert.rejects(log.append([tick, tick], "reserve"), Unavailable);
    await assert.rejects(log.append([tick], "reserve"), Unavailable);
    disk.fault = () => undefined;
    assert.deepEqual(await reopened(disk), [1]);
    time += 1000;
    await log.append([tick], "reserve");
    await log.append([large]);
    assert.deepEqual(await reopened(disk), [1, 2, 3]);
  });
}
