import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { diskError } from "../../../../testing/disk-error.ts";
import { createRandom } from "../../../../testing/history/random.ts";
import { collect, entriesUntil, index, indexesOf, range } from "../../../../testing/log-entries.ts";
import { pageBytes, withBadPages } from "../../../../testing/memory-disk/bad-pages.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../../testing/memory-disk/memory-disk.ts";
import { openSmallLog } from "../../../../testing/small-log.ts";
import { createState } from "../../../core/apply.ts";
import type { Entry } from "../../../core/command.ts";
import type { TimeMs } from "../../../core/ids.ts";
import { type SnapshotRecord, snapshot } from "../../../core/snapshot.ts";
import { ContentTooNew, LogDamage } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { checkFolder } from "./check.ts";
import { readLosses } from "./losses.ts";
import { carryOut } from "./repair.ts";
import { planRepair, type Repair, type RepairPlan, type RepairStep } from "./repair-plan.ts";

const now = 5000 as TimeMs;
const by = 2 ** 32 + (5000 - 1000) * 1000;

/** Entries in segments of five (log-1, log-6, …), with snapshots of the given entries; closed. */
async function written(count: number, ...snapshots: readonly number[]): Promise<MemoryDisk> {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  for (const n of range(1, count)) {
    await log.append([collect(n)]);
    if (snapshots.includes(n)) await log.writeSnapshot(index(n), stateAt(n));
  }
  await log.close();
  return disk.afterCrash({ keep: "all" });
}

function stateAt(number: number): Iterable<SnapshotRecord> {
  return snapshot({ ...createState(), index: index(number), at: 1000 as TimeMs });
}

function segment(first: number): string {
  return `/log/log-${String(first).padStart(16, "0")}.hfl`;
}

function snapshotOf(number: number): string {
  return `/log/snapshot-${String(number).padStart(16, "0")}.hfs`;
}

function flip(disk: MemoryDisk, path: string, offset: number): void {
  const bytes = disk.bytesOf(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0x10, offset);
  disk.put(path, bytes);
}

/** The offset of the record of the n-th entry. */
function recordAt(disk: MemoryDisk, path: string, n: number): number {
  return disk.bytesOf(path).indexOf(`[{"type":"collect","idleMs":${n}}]`) - 40;
}

async function planned(disk: Disk): Promise<RepairPlan> {
  const repair = await planRepair(disk, "/log", now);
  assert.ok(repair.type === "possible", JSON.stringify(repair));
  return repair;
}

async function lossesOf(disk: Disk, { lostPart }: RepairPlan): Promise<readonly string[]> {
  const losses: string[] = [];
  if (lostPart === undefined) return losses;
  for await (const loss of readLosses(disk, "/log", lostPart)) {
    if (loss.type === "entries") losses.push(`entries ${indexesOf(loss.entries)}`);
    else if (loss.type === "unreadable") losses.push(`unreadable ${loss.from} to ${loss.until}`);
    else if (loss.type === "bytes") losses.push(`bytes in ${basename(loss.file)}`);
    else losses.push(`unknown from ${loss.from}`);
  }
  return losses;
}

function shown(step: RepairStep): string {
  const to = step.to.replace("/log/", "");
  if (step.type !== "write") return `${step.type} ${to}`;
  return `write ${to}${step.advance === undefined ? "" : " with advance"}`;
}

/** The entries that a server applies after its start. */
async function entriesOf(disk: Disk): Promise<readonly Entry[]> {
  const log = await openSmallLog(disk);
  const from = ((await log.newestSnapshot())?.index ?? 0) + 1;
  const { lastIndex } = log.status();
  const entries = lastIndex < from ? [] : await entriesUntil(log, from, lastIndex);
  await log.close();
  return entries;
}

function shownEntries(entries: readonly Entry[]): readonly string[] {
  return entries.map(({ index: n, at, command }) => {
    assert.equal(at, 1000);
    if (command.type === "collect") {
      assert.equal(command.idleMs, n);
      return String(n);
    }
    return command.type === "advance" ? `advance by ${command.by}` : command.type;
  });
}

const one = (n: number) => `log-${String(n).padStart(16, "0")}.hfl`;
const advanced = `advance by ${by}`;

interface Case {
  readonly name: string;
  readonly entries: number;
  readonly snapshots?: readonly number[];
  damage(disk: MemoryDisk): unknown;
  readonly losses: readonly string[];
  readonly steps: readonly string[];
  readonly left: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: "a torn tail is cut off, and no number needs to advance",
    entries: 7,
    damage(disk) {
      const bytes = disk.bytesOf(segment(6));
      const end = recordAt(disk, segment(6), 7) + 50;
      disk.put(segment(6), bytes.subarray(0, end));
    },
    losses: [`bytes in ${one(6)}`],
    steps: [`copy damaged-1/${one(6)}`, `write ${one(6)}`],
    left: ["1", "2", "3", "4", "5", "6"],
  },
  {
    name: "damage in the middle loses everything behind it",
    entries: 12,
    damage: (disk) => flip(disk, segment(6), recordAt(disk, segment(6), 8) + 45),
    losses: [
      `bytes in ${one(6)}`,
      "unreadable 8 to 8",
      "entries 9",
      "entries 10",
      "entries 11",
      "entries 12",
    ],
    steps: [
      `copy damaged-1/${one(6)}`,
      `write ${one(6)} with advance`,
      `move damaged-1/${one(11)}`,
    ],
    left: ["1", "2", "3", "4", "5", "6", "7", advanced],
  },
  {
    name: "damage at the end of a segment is no torn tail when another one follows",
    entries: 12,
    damage(disk) {
      const bytes = disk.bytesOf(segment(6));
      disk.put(segment(6), bytes.subarray(0, bytes.length - 1));
    },
    losses: [`bytes in ${one(6)}`, "unreadable 10 to 10", "entries 11", "entries 12"],
    steps: [
      `copy damaged-1/${one(6)}`,
      `write ${one(6)} with advance`,
      `move damaged-1/${one(11)}`,
    ],
    left: [...range(1, 9).map(String), advanced],
  },
  {
    name: "a missing segment ends the log before it",
    entries: 17,
    damage: (disk) => disk.remove(segment(6)),
    losses: ["unreadable 6 to 10", ...range(11, 17).map((n) => `entries ${n}`)],
    steps: [
      `write ${one(6)} with advance`,
      `move damaged-1/${one(11)}`,
      `move damaged-1/${one(16)}`,
    ],
    left: ["1", "2", "3", "4", "5", advanced],
  },
  {
    name: "a segment that is a copy of another one counts as missing",
    entries: 17,
    damage: (disk) => disk.put(segment(11), disk.bytesOf(segment(1))),
    losses: ["unreadable 11 to 15", "entries 16", "entries 17"],
    steps: [
      `copy damaged-1/${one(11)}`,
      `write ${one(11)} with advance`,
      `move damaged-1/${one(16)}`,
    ],
    left: [...range(1, 10).map(String), advanced],
  },
  {
    name: "a damaged last record of a closed log is lost, and known to be",
    entries: 7,
    damage: (disk) => flip(disk, segment(6), recordAt(disk, segment(6), 7) + 45),
    losses: [`bytes in ${one(6)}`, "unreadable 7 to 7"],
    steps: [`copy damaged-1/${one(6)}`, `write ${one(6)} with advance`],
    left: [...range(1, 6).map(String), advanced],
  },
  {
    name: "a damaged header is written anew from the first record, and nothing is lost",
    entries: 12,
    damage: (disk) => flip(disk, segment(6), 17),
    losses: [],
    steps: [`copy damaged-1/${one(6)}`, `write ${one(6)}`],
    left: range(1, 12).map(String),
  },
  {
    name: "a segment whose header and first record are damaged ends the log before it",
    entries: 12,
    damage(disk) {
      const bytes = disk.bytesOf(segment(6));
      bytes.fill(0xff, 0, 60);
      disk.put(segment(6), bytes);
    },
    losses: [`bytes in ${one(6)}`, "unreadable 6 to 6", ...range(7, 12).map((n) => `entries ${n}`)],
    steps: [
      `copy damaged-1/${one(6)}`,
      `write ${one(6)} with advance`,
      `move damaged-1/${one(11)}`,
    ],
    left: ["1", "2", "3", "4", "5", advanced],
  },
  {
    name: "a damaged newest snapshot is moved aside, and the log goes on from the older one",
    entries: 12,
    snapshots: [4, 9],
    damage: (disk) => flip(disk, snapshotOf(9), 40),
    losses: [],
    steps: ["move damaged-1/snapshot-0000000000000009.hfs"],
    left: range(5, 12).map(String),
  },
  {
    name: "damage before the newest snapshot loses nothing",
    entries: 12,
    snapshots: [4, 8],
    damage: (disk) => flip(disk, segment(6), recordAt(disk, segment(6), 7) + 45),
    losses: [],
    steps: [`write ${one(8)}`, `move damaged-1/${one(1)}`, `move damaged-1/${one(6)}`],
    left: ["9", "10", "11", "12"],
  },
  {
    name: "a log that ends before the snapshot goes on behind the snapshot",
    entries: 20,
    snapshots: [18],
    damage(disk) {
      flip(disk, segment(1), recordAt(disk, segment(1), 3) + 45);
      return disk.remove(segment(16));
    },
    losses: ["unknown from 19"],
    steps: [
      `write ${one(19)} with advance`,
      `move damaged-1/${one(1)}`,
      `move damaged-1/${one(6)}`,
      `move damaged-1/${one(11)}`,
    ],
    left: [advanced],
  },
  {
    name: "damage on both sides of the snapshot is repaired on both sides",
    entries: 20,
    snapshots: [12],
    damage(disk) {
      flip(disk, segment(11), recordAt(disk, segment(11), 11) + 45);
      flip(disk, segment(16), recordAt(disk, segment(16), 19) + 45);
    },
    losses: [`bytes in ${one(16)}`, "unreadable 19 to 19", "entries 20"],
    steps: [
      `copy damaged-1/${one(16)}`,
      `write ${one(16)} with advance`,
      `write ${one(12)}`,
      `move damaged-1/${one(1)}`,
      `move damaged-1/${one(6)}`,
      `move damaged-1/${one(11)}`,
    ],
    left: ["13", "14", "15", "16", "17", "18", advanced],
  },
];

for (const { name, entries, snapshots = [], damage, losses, steps, left } of cases) {
  test(name, async () => {
    const disk = await written(entries, ...snapshots);
    await damage(disk);
    await disk.syncFolder("/log");
    const before = filesOf(disk);
    const plan = await planned(disk);
    assert.deepEqual(filesOf(disk), before);
    assert.deepEqual(await lossesOf(disk, plan), losses);
    assert.deepEqual(plan.steps.map(shown), steps);
    await carryOut(disk, plan.steps, () => {});
    assert.deepEqual(shownEntries(await entriesOf(disk.afterCrash())), left);
    assert.equal((await planRepair(disk, "/log", now)).type, "unneeded");
    for await (const finding of checkFolder(disk, "/log")) assert.notEqual(finding.type, "problem");
    assertNothingDestroyed(before, disk);
  });

  test(`${name}; also when the power goes at any operation of the repair`, async () => {
    const disk = await written(entries, ...snapshots);
    await damage(disk);
    await disk.syncFolder("/log");
    const before = filesOf(disk);
    const plan = await planned(disk);
    const crashes: MemoryDisk[] = [];
    const crash = () => {
      crashes.push(disk.afterCrash(), disk.afterCrash({ keep: "all" }));
      for (const seed of range(1, 3)) {
        crashes.push(disk.afterCrash({ keep: createRandom(crashes.length + seed) }));
      }
      return undefined;
    };
    disk.fault = crash;
    await carryOut(disk, plan.steps, crash);
    for (const crashed of crashes) {
      assertNothingDestroyed(before, crashed);
      await assertRefusedOrRepaired(crashed.afterCrash({ keep: "all" }), left);
      await finish(crashed);
      assertNothingDestroyed(before, crashed);
      const entriesLeft = shownEntries(await entriesOf(crashed));
      // A second repair cannot tell that the first has advanced already.
      const isTwice = entriesLeft.at(-1)?.startsWith("advance") && entriesLeft.length > left.length;
      assert.deepEqual(isTwice ? entriesLeft.slice(0, -1) : entriesLeft, left);
    }
  });
}

function filesOf(disk: MemoryDisk): ReadonlyMap<string, string> {
  return new Map(disk.names().map((name) => [name, disk.bytesOf(name).toString("latin1")]));
}

/** Every file is unchanged, or longer, or complete in a folder beside. */
function assertNothingDestroyed(before: ReadonlyMap<string, string>, disk: MemoryDisk): void {
  const after = filesOf(disk);
  for (const [path, bytes] of before) {
    const copies = [...after].filter(
      ([other, content]) => basename(other) === basename(path) && content === bytes,
    );
    assert.ok(copies.length > 0, `${path} is nowhere among ${[...after.keys()].join(" ")}`);
  }
}

/** After an interrupted repair, a server refuses the log or starts with the repaired one. */
async function assertRefusedOrRepaired(disk: MemoryDisk, left: readonly string[]): Promise<void> {
  try {
    assert.deepEqual(shownEntries(await entriesOf(disk)), left);
  } catch (error) {
    if (!(error instanceof LogDamage)) throw error;
  }
}

async function finish(disk: Disk): Promise<void> {
  const repair = await planRepair(disk, "/log", now);
  if (repair.type === "possible") await carryOut(disk, repair.steps, () => {});
  else assert.equal(repair.type, "unneeded");
}

test("whichever byte of a log is damaged, a repair keeps everything before it and lets the server start", async () => {
  const whole = await written(12, 4, 8);
  const kinds = new Map<Repair["type"], number>();
  for (const path of whole.names()) {
    for (const offset of range(0, whole.bytesOf(path).length - 1)) {
      const disk = whole.afterCrash({ keep: "all" });
      flip(disk, path, offset);
      const repair = await planRepair(disk, "/log", now);
      kinds.set(repair.type, (kinds.get(repair.type) ?? 0) + 1);
      if (repair.type === "possible") await carryOut(disk, repair.steps, () => {});
      const entries = shownEntries(await entriesOf(disk));
      assert.ok(entries.length > 0, `${path}, byte ${offset}`);
      const isWhole = !path.endsWith(".hfl") || path === segment(1);
      if (isWhole) assert.equal(entries.at(-1), "12", `${path}, byte ${offset}`);
    }
  }
  assert.ok((kinds.get("possible") ?? 0) > 1000);
  assert.equal(kinds.get("impossible"), undefined);
});

/** Four hundred entries in one segment of several pages, without a snapshot. */
async function writtenOnPages(): Promise<MemoryDisk> {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, { segmentBytes: 100 * pageBytes });
  for (const n of range(1, 400)) await log.append([collect(n)]);
  await log.close();
  return disk.afterCrash({ keep: "all" });
}

/** The last entry whose record ends before the offset. */
function entryBefore(disk: MemoryDisk, path: string, offset: number): number {
  return range(1, 399).findLast((n) => recordAt(disk, path, n + 1) <= offset) ?? 0;
}

test("an unreadable page loses everything behind it, and the readable bytes are kept aside", async () => {
  const disk = await writtenOnPages();
  const bad = withBadPages(disk, segment(1), [2]);
  const bytes = disk.bytesOf(segment(1));
  const last = entryBefore(disk, segment(1), 2 * pageBytes);
  const next = entryBefore(disk, segment(1), 3 * pageBytes) + 2;
  const plan = await planned(bad);
  assert.deepEqual(await lossesOf(bad, plan), [
    `bytes in ${one(1)}`,
    `unreadable ${last + 1} to ${next - 1}`,
    ...range(next, 400).map((n) => `entries ${n}`),
  ]);
  await carryOut(bad, plan.steps, () => {});
  assert.deepEqual(shownEntries(await entriesOf(bad)), [...range(1, last).map(String), advanced]);
  assert.equal((await planRepair(bad, "/log", now)).type, "unneeded");
  bytes.fill(0xff, 2 * pageBytes, 3 * pageBytes);
  assert.deepEqual(disk.bytesOf(`/log/damaged-1/${one(1)}`), bytes);
});

test("unreadable pages at the end are no torn tail: numbers advance", async () => {
  const disk = await writtenOnPages();
  const pages = Math.ceil(disk.bytesOf(segment(1)).length / pageBytes);
  const bad = withBadPages(disk, segment(1), range(3, pages));
  const last = entryBefore(disk, segment(1), 3 * pageBytes);
  const plan = await planned(bad);
  assert.deepEqual(await lossesOf(bad, plan), [`bytes in ${one(1)}`, `unknown from ${last + 1}`]);
  await carryOut(bad, plan.steps, () => {});
  assert.deepEqual(shownEntries(await entriesOf(bad)), [...range(1, last).map(String), advanced]);
});

test("an unreadable page loses nothing when a snapshot covers it", async () => {
  const disk = await written(12, 4, 9);
  const bad = withBadPages(withBadPages(disk, segment(1), [0]), snapshotOf(4), [0]);
  const plan = await planned(bad);
  assert.deepEqual(await lossesOf(bad, plan), []);
  await carryOut(bad, plan.steps, () => {});
  assert.deepEqual(shownEntries(await entriesOf(bad)), ["10", "11", "12"]);
});

test("a log that ends before a damaged snapshot goes on behind it, and the missing entries are reported", async () => {
  const disk = await written(12, 4, 9);
  flip(disk, snapshotOf(9), 50);
  for (const path of disk.names().filter((name) => name >= segment(6) && name.endsWith(".hfl"))) {
    await disk.remove(path);
  }
  const plan = await planned(disk);
  const { lastIndex } = plan;
  assert.ok(lastIndex > 4 && lastIndex < 9, `${lastIndex}`);
  assert.deepEqual(await lossesOf(disk, plan), [
    `unreadable ${lastIndex + 1} to 9`,
    "unknown from 10",
  ]);
  await carryOut(disk, plan.steps, () => {});
  assert.deepEqual(shownEntries(await entriesOf(disk)).slice(-2), [String(lastIndex), advanced]);
});

const hopeless: readonly { readonly name: string; damage(disk: MemoryDisk): unknown }[] = [
  { name: "the first entry", damage: (disk) => flip(disk, segment(1), 85) },
  { name: "the first segment", damage: (disk) => disk.remove(segment(1)) },
];

for (const { name, damage } of hopeless) {
  test(`without a snapshot and ${name} nothing can be saved`, async () => {
    const disk = await written(12);
    await damage(disk);
    assert.equal((await planRepair(disk, "/log", now)).type, "impossible");
  });
}

test("a log that needs no repair is left alone, whether it is closed, killed or empty", async () => {
  const closed = await written(12, 4, 8);
  const killed = createMemoryDisk();
  const log = await openSmallLog(killed);
  const empty = killed.afterCrash();
  await log.append([collect(1)]);
  for (const disk of [closed, killed.afterCrash(), empty]) {
    assert.equal((await planRepair(disk, "/log", now)).type, "unneeded");
  }
});

test("content of a newer program is no damage", async () => {
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk);
  await log.append([collect(1), { type: "enqueue" } as never]);
  await log.close();
  await assert.rejects(planRepair(disk, "/log", now), (error: Error) => {
    assert.ok(error instanceof ContentTooNew);
    assert.match(
      error.message,
      /log-0000000000000001\.hfl, byte 40: the command "enqueue" of entry 2 is unknown/,
    );
    return true;
  });
});

test("a repair that runs out of room destroys nothing and can be repeated", async () => {
  const disk = await written(12);
  flip(disk, segment(6), recordAt(disk, segment(6), 8) + 45);
  const before = filesOf(disk);
  const plan = await planned(disk);
  disk.capacityBytes = 1500;
  await assert.rejects(
    carryOut(disk, plan.steps, () => {}),
    { code: "ENOSPC" },
  );
  assertNothingDestroyed(before, disk);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await finish(disk);
  assert.deepEqual(shownEntries(await entriesOf(disk)).at(-1), advanced);
});

/**
 * A log with damage in one segment, which a repair copies and rewrites; it moves the next one away.
 */
async function damagedInTheMiddle(): Promise<MemoryDisk> {
  const disk = await written(12);
  flip(disk, segment(6), recordAt(disk, segment(6), 8) + 45);
  return disk;
}

function namesAside(disk: MemoryDisk): readonly string[] {
  return disk
    .names()
    .filter((name) => name.startsWith("/log/damaged-"))
    .map((name) => name.slice("/log/".length));
}

test("a repair that is repeated keeps one copy of each file that it replaces", async () => {
  const disk = await damagedInTheMiddle();
  const before = filesOf(disk);
  disk.fault = (operation, path) =>
    operation === "write" && path.startsWith("/log/log-") ? diskError("ENOSPC", path) : undefined;
  for (const _ of range(1, 3)) await assert.rejects(finish(disk), { code: "ENOSPC" });
  assert.deepEqual(namesAside(disk), [`damaged-1/${one(6)}`]);
  disk.fault = () => undefined;
  await finish(disk);
  assert.deepEqual(namesAside(disk), [`damaged-1/${one(6)}`, `damaged-1/${one(11)}`]);
  assertNothingDestroyed(before, disk.afterCrash());
});

test("a repair does not write an existing copy again", async () => {
  const disk = await damagedInTheMiddle();
  const copy = `/log/damaged-1/${one(6)}`;
  disk.put(copy, disk.bytesOf(segment(6)));
  disk.fault = (operation, path) =>
    operation === "open" && path.startsWith(`${copy}.`) ? diskError("ENOSPC", path) : undefined;
  await finish(disk);
  assert.deepEqual(namesAside(disk), [`damaged-1/${one(6)}`, `damaged-1/${one(11)}`]);
});

const others: readonly { readonly name: string; change(bytes: Buffer): Buffer }[] = [
  { name: "another file", change: (bytes) => bytes.fill(7, 100, 101) },
  { name: "a part of the file", change: (bytes) => bytes.subarray(0, 100) },
  { name: "the file and more", change: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) },
];

for (const { name, change } of others) {
  test(`a repair leaves a folder alone in which ${name} has the name of a file that it replaces`, async () => {
    const disk = await damagedInTheMiddle();
    const found = `/log/damaged-1/${one(6)}`;
    disk.put(found, change(disk.bytesOf(segment(6))));
    const before = filesOf(disk);
    await finish(disk);
    assertNothingDestroyed(before, disk);
    assert.equal(disk.bytesOf(found).toString("latin1"), before.get(found));
    assert.ok(disk.names().includes(`/log/damaged-2/${one(6)}`));
  });
}

test("a repair goes on in a folder with an unfinished copy", async () => {
  const disk = await damagedInTheMiddle();
  disk.put(`/log/damaged-1/${one(6)}.tmp`, Buffer.from("HFLO"));
  await finish(disk);
  assert.deepEqual(namesAside(disk), [`damaged-1/${one(6)}`, `damaged-1/${one(11)}`]);
});

test("a copy whose name a killed process never synced survives a power loss during the next repair", async () => {
  const disk = await damagedInTheMiddle();
  const before = filesOf(disk);
  const killed: MemoryDisk[] = [];
  await finish({
    ...disk,
    syncFolder(folder) {
      killed.push(disk.afterKill());
      return disk.syncFolder(folder);
    },
  });
  assert.ok(killed.length > 0);
  for (const found of killed) {
    found.fault = () => {
      assertNothingDestroyed(before, found.afterCrash());
      return undefined;
    };
    await finish(found);
    assertNothingDestroyed(before, found.afterCrash());
  }
});
