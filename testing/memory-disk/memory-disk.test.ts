import assert from "node:assert/strict";
import { test } from "node:test";
import { diskSuite } from "../../src/log/file/disk.suite.ts";
import { diskError } from "../disk-error.ts";
import { createRandom } from "../history/random.ts";
import { range } from "../log-entries.ts";
import { createMemoryDisk, type MemoryDisk } from "./memory-disk.ts";

diskSuite("memory", createMemoryDisk(), "/deep/folder");

interface Case {
  readonly name: string;
  run(disk: MemoryDisk): Promise<void>;
  /** The files, by name, after a power loss that takes everything it can. */
  readonly synced: Readonly<Record<string, string>>;
  /**
   * The files after a power loss that takes nothing, which are also those that programs saw before.
   */
  readonly all: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    name: "unsynced bytes",
    async run(disk) {
      disk.open("/d/a", "write").write(Buffer.from("new"), 0);
    },
    synced: { a: "old text" },
    all: { a: "new text" },
  },
  {
    name: "bytes written during a sync",
    async run(disk) {
      const file = disk.open("/d/a", "write");
      file.write(Buffer.from("new"), 0);
      disk.beforeSync = async () => file.write(Buffer.from("late"), 4);
      await file.sync();
    },
    synced: { a: "new text" },
    all: { a: "new late" },
  },
  {
    name: "bytes synced through another handle",
    async run(disk) {
      disk.open("/d/a", "write").write(Buffer.from("new"), 0);
      await disk.open("/d/a", "read").sync();
    },
    synced: { a: "new text" },
    all: { a: "new text" },
  },
  {
    name: "an unsynced truncation",
    async run(disk) {
      disk.open("/d/a", "write").truncate(3);
    },
    synced: { a: "old text" },
    all: { a: "old" },
  },
  {
    name: "a truncation and later bytes",
    async run(disk) {
      const file = disk.open("/d/a", "write");
      file.truncate(1);
      file.write(Buffer.from("x"), 3);
      await file.sync();
    },
    synced: { a: "o\0\0x" },
    all: { a: "o\0\0x" },
  },
  {
    name: "a synced file in an unsynced folder",
    async run(disk) {
      const file = disk.open("/d/b", "create");
      file.write(Buffer.from("b"), 0);
      await file.sync();
    },
    synced: { a: "old text" },
    all: { a: "old text", b: "b" },
  },
  {
    name: "an unsynced file in a synced folder",
    async run(disk) {
      disk.open("/d/b", "create").write(Buffer.from("b"), 0);
      await disk.syncFolder("/d");
    },
    synced: { a: "old text", b: "" },
    all: { a: "old text", b: "b" },
  },
  {
    name: "a name that replaced another one",
    async run(disk) {
      disk.put("/d/b", Buffer.from("b"));
      await disk.rename("/d/b", "/d/a");
    },
    synced: { a: "old text", b: "b" },
    all: { a: "b" },
  },
  {
    name: "a synced name that replaced another one",
    async run(disk) {
      disk.put("/d/b", Buffer.from("b"));
      await disk.rename("/d/b", "/d/a");
      await Promise.all([disk.syncFolder("/d"), disk.syncFolder("/d")]);
    },
    synced: { a: "b" },
    all: { a: "b" },
  },
  {
    name: "a removed name",
    async run(disk) {
      await disk.remove("/d/a");
      await disk.syncFolder("/elsewhere");
    },
    synced: { a: "old text" },
    all: {},
  },
  {
    name: "bytes whose sync failed before a later one succeeded",
    async run(disk) {
      const file = disk.open("/d/a", "write");
      file.write(Buffer.from("new"), 0);
      disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
      await assert.rejects(file.sync(), { code: "EIO" });
      disk.fault = () => undefined;
      file.write(Buffer.from("late"), 4);
      await file.sync();
    },
    synced: { a: "old late" },
    all: { a: "new late" },
  },
];

for (const { name, run, synced, all } of cases) {
  test(`memory disk: a power loss treats ${name} as a real one does`, async () => {
    const disk = diskWith("old text");
    await run(disk);
    assert.deepEqual(contentsOf(disk), all);
    assert.deepEqual(contentsOf(disk.afterCrash()), synced);
    assert.deepEqual(contentsOf(disk.afterCrash({ keep: "all" })), all);
    const killed = disk.afterKill();
    assert.deepEqual(contentsOf(killed), all);
    assert.deepEqual(contentsOf(killed.afterCrash()), synced);
  });
}

test("memory disk: chance keeps any of the written sectors, and no part of one", async () => {
  const disk = createMemoryDisk();
  const file = disk.open("/d/a", "create");
  file.write(Buffer.alloc(3 * 512, "-"), 0);
  await file.sync();
  await disk.syncFolder("/d");
  file.write(Buffer.alloc(2 * 512, "1"), 256);
  file.write(Buffer.alloc(3 * 512, "2"), 0);
  const outcomes = outcomesOf(disk, ({ a = "" }) => sectorsOf(a).join(" "));
  // Half of the first and half of the third sector were written at first.
  for (const first of ["-", "-1", "2"]) {
    for (const second of ["-", "1", "2"]) {
      for (const third of ["-", "1-", "2"]) assert.ok(outcomes.has(`${first} ${second} ${third}`));
    }
  }
  assert.equal(outcomes.size, 27);
});

test("memory disk: chance keeps any size that a file has had", () => {
  const disk = diskWith("old text");
  const file = disk.open("/d/a", "write");
  file.truncate(3);
  file.write(Buffer.from("and more"), 3);
  const sizes = outcomesOf(disk, ({ a = "" }) => String(a.length));
  assert.deepEqual([...sizes].sort(), ["11", "3", "8"]);
});

test("memory disk: chance keeps any changes of names, but never half a rename", async () => {
  const disk = diskWith("a");
  await disk.rename("/d/a", "/d/b");
  disk.open("/d/c", "create");
  const names = outcomesOf(disk, (contents) => Object.keys(contents).join(" "));
  assert.deepEqual([...names].sort(), ["a", "a c", "b", "b c"]);
});

test("memory disk: changes whose sync failed may or may not survive a power loss", async () => {
  const disk = diskWith("old");
  const file = disk.open("/d/a", "write");
  file.write(Buffer.from("new"), 0);
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  await assert.rejects(file.sync(), { code: "EIO" });
  assert.deepEqual([...outcomesOf(disk, ({ a = "" }) => a)].sort(), ["new", "old"]);
});

test("memory disk: the same seed leaves the same files", () => {
  const disk = diskWith("old");
  disk.open("/d/a", "write").write(Buffer.alloc(100 * 512, "x"), 0);
  for (const seed of range(1, 10)) {
    const [one, other] = [crashed(disk, seed), crashed(disk, seed)];
    assert.deepEqual(one, other);
  }
});

test("memory disk: each handle of a file gets the error of a failed sync once", async () => {
  const disk = diskWith("old");
  const [one, other] = [disk.open("/d/a", "write"), disk.open("/d/a", "read")];
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  await assert.rejects(one.sync(), { code: "EIO" });
  disk.fault = () => undefined;
  await assert.rejects(other.sync(), { code: "EIO" });
  await Promise.all([one.sync(), other.sync(), disk.open("/d/a", "read").sync()]);
});

test("memory disk: a halted machine changes nothing and answers nothing", async () => {
  const disk = diskWith("old");
  const file = disk.open("/d/a", "write");
  file.write(Buffer.from("new"), 0);
  const answers = [
    disk.remove("/d/a"),
    disk.rename("/d/a", "/d/b"),
    disk.syncFolder("/d"),
    file.sync(),
  ];
  disk.halt();
  answers.push(disk.turn(), disk.makeFolder("/e"), file.sync());
  answers.push(disk.list("/d").then(), disk.lockFolder("/d").then());
  file.write(Buffer.from("later"), 0);
  file.truncate(0);
  disk.open("/d/b", "create").write(Buffer.from("b"), 0);
  const answered = Promise.race(answers).then(() => "answered");
  const turned = new Promise((resolve) => setImmediate(() => resolve("no answer")));
  assert.equal(await Promise.race([answered, turned]), "no answer");
  assert.equal(file.read(Buffer.alloc(10), 0), 0);
  assert.deepEqual(contentsOf(disk), { a: "new" });
  assert.deepEqual(contentsOf(disk.afterCrash()), { a: "old" });
});

test("memory disk: a lock does not outlive the machine", async () => {
  const disk = createMemoryDisk();
  await disk.lockFolder("/d");
  await assert.rejects(disk.lockFolder("/d"));
  (await disk.afterCrash().lockFolder("/d")).release();
  (await disk.afterKill().lockFolder("/d")).release();
});

test("memory disk: a read-only disk can be read and not changed", async () => {
  const disk = diskWith("old");
  const file = disk.open("/d/a", "write");
  disk.isReadOnly = true;
  assert.throws(() => file.write(Buffer.from("new"), 0), { code: "EROFS" });
  assert.throws(() => file.truncate(0), { code: "EROFS" });
  assert.throws(() => disk.open("/d/b", "create"), { code: "EROFS" });
  await assert.rejects(disk.rename("/d/a", "/d/b"), { code: "EROFS" });
  await assert.rejects(disk.remove("/d/a"), { code: "EROFS" });
  await file.sync();
  assert.deepEqual(contentsOf(disk), { a: "old" });
});

test("memory disk: a write to a full disk uses the remaining room and fails", () => {
  const disk = diskWith("12345");
  disk.capacityBytes = 8;
  const file = disk.open("/d/a", "write");
  file.write(Buffer.from("abc"), 0);
  assert.throws(() => file.write(Buffer.from("6789"), 5), { code: "ENOSPC" });
  assert.deepEqual(contentsOf(disk), { a: "abc45678" });
});

function diskWith(text: string): MemoryDisk {
  const disk = createMemoryDisk();
  disk.put("/d/a", Buffer.from(text));
  return disk;
}

type Contents = Readonly<Record<string, string>>;

function contentsOf(disk: MemoryDisk): Contents {
  const names = disk.names().map((path) => [path.slice(3), disk.bytesOf(path).toString()]);
  return Object.fromEntries(names);
}

function crashed(disk: MemoryDisk, seed: number): Contents {
  return contentsOf(disk.afterCrash({ keep: createRandom(seed) }));
}

/** The outcomes of two thousand power losses. */
function outcomesOf(disk: MemoryDisk, show: (contents: Contents) => string): ReadonlySet<string> {
  return new Set(range(1, 2000).map((seed) => show(crashed(disk, seed))));
}

/** The bytes of each sector, without repetition. */
function sectorsOf(text: string): readonly string[] {
  const sectors = text.match(/.{512}/gs) ?? [];
  return sectors.map((sector) => sector.replaceAll(/(.)\1*/gs, "$1"));
}
