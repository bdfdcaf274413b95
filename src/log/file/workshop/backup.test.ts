import assert from "node:assert/strict";
import { test } from "node:test";
import { diskError } from "../../../../testing/disk-error.ts";
import { createRandom } from "../../../../testing/history/random.ts";
import { collect, entriesUntil, range } from "../../../../testing/log-entries.ts";
import {
  createMemoryDisk,
  type MemoryDisk,
  withFile,
} from "../../../../testing/memory-disk/memory-disk.ts";
import { openSmallLog } from "../../../../testing/small-log.ts";
import type { Command } from "../../../core/command.ts";
import type {
  FencingToken,
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TimeMs,
} from "../../../core/ids.ts";
import { restore, snapshot } from "../../../core/snapshot.ts";
import { ContentTooNew, FormatTooNew, LogDamage } from "../damage.ts";
import { FolderInUse } from "../disk.ts";
import { fixedGap } from "./advance.ts";
import { BackupDamage, FileExists, readBackup, summaryOf, writeBackup } from "./backup.ts";
import { stateInFolder } from "./folder-contents.ts";
import { FolderHasLog, restoreFolder } from "./restore.ts";

const ignore = () => {};
const session = "s" as SessionId;
const node = "n" as NodeId;

/** A session that holds a lock with a key, in a few segments. */
const commands: readonly Command[] = [
  { type: "start", node, run: "run-1" as RunId, restartGraceMs: 60_000 },
  {
    type: "open_session",
    node,
    session,
    request: "1" as RequestId,
    api: "test",
    life: { type: "idle", idleMs: 1_000_000 },
    origin: {},
  },
  {
    type: "acquire",
    session,
    request: "2" as RequestId,
    namespace: "default" as Namespace,
    claims: [{ mode: "exclusive", path: ["invoices"] }],
    key: "k1" as LockKey,
  },
];

async function filled(disk: MemoryDisk): Promise<void> {
  const log = await openSmallLog(disk);
  for (const command of commands) await log.append([command]);
  await log.close();
}

/** A disk with a log and a backup of it. */
async function backedUp(): Promise<MemoryDisk> {
  const disk = createMemoryDisk();
  await filled(disk);
  const state = await stateInFolder(disk, "/log", ignore);
  await write(disk, state);
  return disk;
}

function write(
  disk: MemoryDisk,
  state: Awaited<ReturnType<typeof stateInFolder>>,
  mayReplace = false,
): Promise<number> {
  const path = "/elsewhere/backup";
  return writeBackup({ disk, path, state, mayReplace, temporary: `${path}.1.tmp` });
}

async function restored(disk: MemoryDisk, now = 1000): Promise<void> {
  const backup = await readBackup(disk, "/elsewhere/backup");
  await restoreFolder({ disk, folder: "/new", backup, now: now as TimeMs });
}

test("a backup of a running log holds the state at its last entry, and is durable", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const command of commands) await log.append([command]);
  const state = await stateInFolder(disk, "/log", ignore);
  const bytes = await write(disk, state);
  const { state: read, summary } = await readBackup(disk.afterCrash(), "/elsewhere/backup");
  assert.deepEqual([...snapshot(read)], [...snapshot(state)]);
  assert.deepEqual(summary, summaryOf(state, bytes));
  assert.deepEqual(summary, {
    version: 1,
    index: 3,
    at: 1000,
    locksHeld: 1,
    waiters: 0,
    sessions: 1,
    lastToken: 1,
    bytes: disk.bytesOf("/elsewhere/backup").length,
  });
  await log.close();
});

test("a backup starts over when the server trims the files it is reading, and gives up eventually", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, 30)) await log.append([collect(n)]);
  let trims = 0;
  let isTrimming = false;
  disk.fault = (operation, path) => {
    if (operation !== "open" || !path.endsWith("1.hfl") || !isTrimming) return undefined;
    trims += 1;
    isTrimming = trims > 1;
    return diskError("ENOENT", path);
  };
  isTrimming = true;
  assert.equal((await stateInFolder(disk, "/log", ignore)).index, 30);
  assert.equal(trims, 1);
  isTrimming = true;
  await assert.rejects(stateInFolder(disk, "/log", ignore), { code: "ENOENT" });
  await log.close();
});

test("a folder without entries, or with damage, is not backed up", async () => {
  const disk = createMemoryDisk();
  await assert.rejects(stateInFolder(disk, "/log", ignore), /there is no log with entries/);
  await filled(disk);
  const path = "/log/log-0000000000000001.hfl";
  const bytes = disk.bytesOf(path);
  bytes.writeUInt8(0xff, 60);
  await assert.rejects(stateInFolder(withFile(disk, path, bytes), "/log", ignore), LogDamage);
});

test("an existing file is replaced only on request, even when it appears meanwhile", async () => {
  const disk = await backedUp();
  const state = await stateInFolder(disk, "/log", ignore);
  const before = disk.bytesOf("/elsewhere/backup");
  await assert.rejects(write(disk, state), FileExists);
  disk.put("/elsewhere/backup", Buffer.from("other"));
  await write(disk, state, true);
  assert.deepEqual(disk.bytesOf("/elsewhere/backup"), before);

  await disk.remove("/elsewhere/backup");
  disk.beforeSync = async () => disk.put("/elsewhere/backup", Buffer.from("other"));
  await assert.rejects(write(disk, state), FileExists);
  assert.deepEqual(disk.bytesOf("/elsewhere/backup"), Buffer.from("other"));
  assert.deepEqual(
    disk.names().filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a backup with any damaged byte, of any shorter length, or with more at its end is refused", async () => {
  const disk = await backedUp();
  const path = "/elsewhere/backup";
  const bytes = disk.bytesOf(path);
  const refused = async (changed: Uint8Array) =>
    assert.rejects(readBackup(withFile(disk, path, changed), path), BackupDamage);
  for (const offset of range(0, bytes.length - 1)) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(offset) ^ 1, offset);
    await refused(flipped);
    await refused(bytes.subarray(0, offset));
  }
  await refused(Buffer.concat([bytes, Buffer.alloc(1)]));
});

test("a backup that the disk cannot read is refused with file and byte", async () => {
  const disk = await backedUp();
  const path = "/elsewhere/backup";
  disk.fault = (operation, file) => (operation === "read" ? diskError("EIO", file) : undefined);
  await assert.rejects(readBackup(disk, path), (error: Error) => {
    assert.ok(error instanceof BackupDamage);
    assert.match(error.message, /^\/elsewhere\/backup, byte 0: the disk cannot read it \(EIO/);
    return true;
  });
});

test("a backup of a newer format is refused, naming its version", async () => {
  const disk = await backedUp();
  const path = "/elsewhere/backup";
  const bytes = disk.bytesOf(path);
  bytes.writeUInt32LE(2, 8);
  // With the checksum of version 1, the version itself would count as damaged.
  bytes.writeUInt32LE(0, 12);
  await assert.rejects(readBackup(withFile(disk, path, bytes), path), (error: Error) => {
    assert.ok(error instanceof FormatTooNew);
    assert.match(error.message, /backup has format version 2; this program reads versions up to 1/);
    return true;
  });
});

test("a snapshot with a record that only a newer program knows is refused at its place", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1)]);
  await log.writeSnapshot(1 as LogIndex, [{ type: "queue" } as never]);
  const path = "/log/snapshot-0000000000000001.hfs";
  await assert.rejects(readBackup(disk, path), (error: Error) => {
    assert.ok(error instanceof ContentTooNew);
    assert.match(error.message, /snapshot-.*, byte 24: a record of the type "queue" is unknown/);
    return true;
  });
  await log.close();
});

test("a backup that changes after it was read is restored as it was read", async () => {
  const disk = await backedUp();
  const before = await readBackup(disk, "/elsewhere/backup");
  const records = [...snapshot(before.state)];
  const log = await openSmallLog(disk);
  await log.append([collect(4)]);
  await log.close();
  const replaced = disk.afterCrash({ keep: "all" });
  await write(replaced, await stateInFolder(disk, "/log", ignore), true);
  const damaged = withFile(disk, "/elsewhere/backup", Buffer.from("HFSNAP, but no more"));
  for (const changed of [replaced, damaged]) {
    const backup = { ...before, state: restore(records) };
    await restoreFolder({ disk: changed, folder: "/new", backup, now: 1000 as TimeMs });
    const restoredLog = await openSmallLog(changed.afterCrash(), { folder: "/new" });
    const newest = await restoredLog.newestSnapshot();
    assert.deepEqual([...(newest?.records ?? [])], asJson(records));
    await restoredLog.close();
  }
});

test("a backup whose numbers cannot advance any more makes no log with which a server starts", async () => {
  const disk = await backedUp();
  const backup = await readBackup(disk, "/elsewhere/backup");
  backup.state.lastToken = (Number.MAX_SAFE_INTEGER - 1) as FencingToken;
  const into = restoreFolder({ disk, folder: "/new", backup, now: 0 as TimeMs });
  await assert.rejects(into, /^RangeError: no number is left/);
  assert.equal(await openedOrRefused(disk.afterCrash()), "refused");
  await restored(disk);
  assert.equal(await openedOrRefused(disk.afterCrash()), "whole");
});

test("a restored log begins with the state of the backup and advances all numbers", async () => {
  const disk = await backedUp();
  await restored(disk, 3000);
  const log = await openSmallLog(disk.afterCrash(), { folder: "/new" });
  const state = await stateInFolder(disk, "/log", ignore);
  assert.deepEqual(
    [...((await log.newestSnapshot())?.records ?? [])],
    asJson([...snapshot(state)]),
  );
  assert.deepEqual(await entriesUntil(log, 4, 4), [
    { index: 4, at: 1000, command: { type: "advance", by: fixedGap + 2000 * 1000 } },
  ]);
  await log.close();
  const again = await stateInFolder(disk, "/new", ignore);
  assert.equal(again.lastToken, 1 + fixedGap + 2_000_000);
  assert.equal(again.locks.grantedCount, 1);
});

test("a second restore of a backup issues higher numbers than the first can have issued since", async () => {
  const disk = await backedUp();
  const tokens: number[] = [];
  for (const now of [2000, 10_000]) {
    const backup = await readBackup(disk, "/elsewhere/backup");
    await restoreFolder({ disk, folder: `/new-${now}`, backup, now: now as TimeMs });
    tokens.push((await stateInFolder(disk, `/new-${now}`, ignore)).lastToken);
  }
  const [first = 0, second = 0] = tokens;
  assert.equal(second - first, (10_000 - 2000) * 1000);
});

test("a restore refuses a folder that has a log or an owner", async () => {
  const disk = await backedUp();
  const backup = await readBackup(disk, "/elsewhere/backup");
  const into = (folder: string) => restoreFolder({ disk, folder, backup, now: 0 as TimeMs });
  await assert.rejects(into("/log"), FolderHasLog);
  const lock = await disk.lockFolder("/new");
  await assert.rejects(into("/new"), FolderInUse);
  lock.release();
  await into("/new");
  await assert.rejects(into("/new"), FolderHasLog);
  const empty = await openSmallLog(disk, { folder: "/empty" });
  await empty.close();
  await assert.rejects(into("/empty"), FolderHasLog);
});

test("a restore that is interrupted anywhere is complete, or refused and can be repeated", async () => {
  const disk = await backedUp();
  const crashes: MemoryDisk[] = [];
  const crash = () => {
    crashes.push(disk.afterCrash(), disk.afterCrash({ keep: "all" }));
    for (const seed of range(1, 5)) {
      crashes.push(disk.afterCrash({ keep: createRandom(crashes.length + seed) }));
    }
    return undefined;
  };
  disk.fault = crash;
  await restored(disk);
  crash();
  const whole = await stateInFolder(disk, "/new", ignore);
  let wholeCount = 0;
  for (const crashed of crashes) {
    const opened = await openedOrRefused(crashed.afterCrash({ keep: "all" }));
    if (opened === "whole") wholeCount += 1;
    try {
      await restored(crashed);
      assert.notEqual(opened, "whole");
    } catch (error) {
      if (!(error instanceof FolderHasLog)) throw error;
      assert.equal(opened, "whole");
    }
    const state = await stateInFolder(crashed.afterCrash(), "/new", ignore);
    assert.deepEqual([...snapshot(state)], [...snapshot(whole)]);
  }
  assert.ok(wholeCount > 0 && wholeCount < crashes.length);
});

/** The result of a server's start on this disk. */
async function openedOrRefused(disk: MemoryDisk): Promise<"whole" | "refused" | "nothing"> {
  try {
    const log = await openSmallLog(disk, { folder: "/new" });
    const { lastIndex } = log.status();
    const snapshotIndex = (await log.newestSnapshot())?.index;
    await log.close();
    if (lastIndex === 0) return "nothing";
    assert.deepEqual([snapshotIndex, lastIndex], [3, 4]);
    return "whole";
  } catch (error) {
    assert.ok(error instanceof LogDamage, `${error}`);
    return "refused";
  }
}

test("a restore removes the files of an interrupted one", async () => {
  const disk = await backedUp();
  await restored(disk);
  await disk.remove("/new/snapshot-0000000000000003.hfs");
  const log = await openSmallLog(disk, { folder: "/log" });
  await log.append([collect(4)]);
  await log.close();
  await write(disk, await stateInFolder(disk, "/log", ignore), true);
  await restored(disk);
  assert.deepEqual(
    disk.names().filter((name) => name.startsWith("/new/")),
    ["/new/log-0000000000000005.hfl", "/new/snapshot-0000000000000004.hfs"],
  );
});

/** As a file gives it back. */
function asJson(records: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(records));
}
