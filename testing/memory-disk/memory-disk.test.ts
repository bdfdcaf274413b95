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
  /** The files, by name, that a loss of power leaves when it takes all that it may. */
  readonly synced: Readonly<Record<string, string>>;
  /** What it leaves when it takes nothing; what everybody sees before it, too. */
  readonly all: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    name: "what was written and not synced",
    async run(disk) {
      disk.open("/d/a", "write").write(Buffer.from("new"), 0);
    },
    synced: { a: "old text" },
    all: { a: "new text" },
  },
  {
    name: "what was written while a sync was on its way",
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
    name: "what a sync through another handle wrote",
    async run(disk) {
      disk.open("/d/a", "write").write(Buffer.from("new"), 0);
      await disk.open("/d/a", "read").sync();
    },
    synced: { a: "new text" },
    all: { a: "new text" },
  },
  {
    name: "what was cut off and not synced",
    async run(disk) {
      disk.open("/d/a", "write").truncate(3);
    },
    synced: { a: "old text" },
    all: { a: "old" },
  },
  {
    name: "what was cut off and written again",
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
    name: "a file that was synced, but its folder was not",
    async run(disk) {
      const file = disk.open("/d/b", "create");
      file.write(Buffer.from("b"), 0);
      await file.sync();
    },
    synced: { a: "old text" },
    all: { a: "old text", b: "b" },
  },
  {
    name: "a file that was not synced, but its folder was",
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
    name: "a name that replaced another one durably",
    async run(disk) {
      disk.put("/d/b", Buffer.from("b"));
      await disk.rename("/d/b", "/d/a");
      await Promise.all([disk.syncFolder("/d"), disk.syncFolder("/d")]);
    },
    synced: { a: "b" },
    all: { a: "b" },
  },
  {
    name: "a name that was removed",
    async run(disk) {
      await disk.remove("/d/a");
      await disk.syncFolder("/elsewhere");
    },
    synced: { a: "old text" },
    all: {},
  },
  {
    name: "what a sync failed to write, although a later one did not fail",
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
  test(`memory disk: a loss of power treats as real ones do ${name}`, async () => {
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

test("memory disk: chance lets through any sectors of what was written, and no parts of them", async () => {
  const disk = createMemoryDisk();
  const file = disk.open("/d/a", "create");
  file.write(Buffer.alloc(3 * 512, "-"), 0);
  await file.sync();
  await disk.syncFolder("/d");
  file.write(Buffer.alloc(2 * 512, "1"), 256);
  file.write(Buffer.alloc(3 * 512, "2"), 0);
  const outcomes = outcomesOf(disk, ({ a = "" }) => sectorsOf(a).join(" "));
  // The first and the third sector were written in half at first.
  for (const first of ["-", "-1", "2"]) {
    for (const second of ["-", "1", "2"]) {
      for (const third of ["-", "1-", "2"]) assert.ok(outcomes.has(`${first} ${second} ${third}`));
    }
  }
  assert.equal(outcomes.size, 27);
});

test("memory disk: chance lets through any of the sizes that a file has had", () => {
  const disk = diskWith("old text");
  const file = disk.open("/d/a", "write");
  file.truncate(3);
  file.write(Buffer.from("and more"), 3);
  const sizes = outcomesOf(disk, ({ a = "" }) => String(a.length));
  assert.deepEqual([...sizes].sort(), ["11", "3", "8"]);
});

test("memory disk: chance lets through any changes of names, but of a rename never one half", async () => {
  const disk = diskWith("a");
  await disk.rename("/d/a", "/d/b");
  disk.open("/d/c", "create");
  const names = outcomesOf(disk, (contents) => Object.keys(contents).join(" "));
  assert.deepEqual([...names].sort(), ["a", "a c", "b", "b c"]);
});

test("memory disk: what a sync failed to write is there after a loss of power, or it is not", async () => {
  const disk = diskWith("old");
  const file = disk.open("/d/a", "write");
  file.write(Buffer.from("new"), 0);
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  await assert.rejects(file.sync(), { code: "EIO" });
  assert.deepEqual([...outcomesOf(disk, ({ a = "" }) => a)].sort(), ["new", "old"]);
});

test("memory disk: the same chance leaves the same", () => {
  const disk = diskWith("old");
  disk.open("/d/a", "write").write(Buffer.alloc(100 * 512, "x"), 0);
  for (const seed of range(1, 10)) {
    const [one, other] = [crashed(disk, seed), crashed(disk, seed)];
    assert.deepEqual(one, other);
  }
});

test("memory disk: a failed sync is told once to each who has the file open", async () => {
  const disk = diskWith("old");
  const [one, other] = [disk.open("/d/a", "write"), disk.open("/d/a", "read")];
  disk.fault = (operation, path) => (operation === "sync" ? diskError("EIO", path) : undefined);
  await assert.rejects(one.sync(), { code: "EIO" });
  disk.fault = () => undefined;
  await assert.rejects(other.sync(), { code: "EIO" });
  await Promise.all([one.sync(), other.sync(), disk.open("/d/a", "read").sync()]);
});

test("memory disk: a machine that was halted changes nothing and answers nothing", async () => {
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

test("memory disk: when it is read-only it can be read, and nothing else", async () => {
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

test("memory disk: when it is full a write takes what room there is, and says so", () => {
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

/** All that a loss of power can leave, as far as it shows in so many of them. */
function outcomesOf(disk: MemoryDisk, show: (contents: Contents) => string): ReadonlySet<string> {
  return new Set(range(1, 2000).map((seed) => show(crashed(disk, seed))));
}

/** Of each sector, which bytes it has, without repeating them. */
function sectorsOf(text: string): readonly string[] {
  const sectors = text.match(/.{512}/gs) ?? [];
  return sectors.map((sector) => sector.replaceAll(/(.)\1*/gs, "$1"));
}
