import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { mountSmallDisk, reasonNotToMount } from "../../testing/faults/mounted-disk.ts";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { LogIndex, TimeMs } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import { lossText, stepText } from "./repair.ts";

const root = createTemporaryFolder();
after(() => root[Symbol.dispose]());

const segment = "log-0000000000000001.hfl";
let count = 0;
let folder = "";

beforeEach(async () => {
  count += 1;
  folder = join(root.path, `data-${count}`);
  const log = await openLog();
  for (const idleMs of [1, 2, 3]) await log.append([{ type: "collect", idleMs }]);
  await log.close();
});

function openLog() {
  const now = () => 5000 as TimeMs;
  return openFileLog({ access: "owner", disk: nodeDisk, folder, now, durability: "always" });
}

function damage(text: string): void {
  const path = join(folder, segment);
  const bytes = readFileSync(path);
  bytes.write("#", bytes.indexOf(text));
  writeFileSync(path, bytes);
}

function repair(...argv: readonly string[]): Promise<Ended> {
  return runHoldfast({ argv: ["log", "repair", folder, ...argv], folder: root.path });
}

test("repair without a word on how explains itself and does nothing", async () => {
  damage('"idleMs":2');
  const before = readFileSync(join(folder, segment));
  const { status, stdout, stderr } = await repair();
  assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
  assert.match(stderr, /^holdfast: log repair needs --dry-run or --yes\n {2}--dry-run /);
  assert.equal((await repair("--yes", "--dry-run")).status, 2);
  assert.deepEqual(readFileSync(join(folder, segment)), before);
});

test("repair shows what is lost as `log cat` would, and does what it has shown", async () => {
  damage('"idleMs":2');
  const before = readFileSync(join(folder, segment));
  const shown = await repair("--dry-run");
  assert.equal(shown.status, 0);
  const expected = `kept: all up to entry 1
lost: ${segment}, byte 111: 71 bytes that cannot be read
lost: entry 2, which cannot be read
lost: 3 1970-01-01T00:00:05.000Z collect {"idleMs":3}
would copy ${segment} to damaged-1/${segment}
would write ${segment} with bytes 40 to 111 of ${segment} and an advance of all tokens and numbers by BY
`;
  assert.equal(shown.stdout.replace(/by \d+/, "by BY"), expected);
  assert.deepEqual(readFileSync(join(folder, segment)), before);

  const done = await repair("--yes");
  assert.equal(done.status, 0);
  assert.match(done.stdout, /^done: write .*\nrepaired: .* entry 1 is the last that was kept\n$/m);
  assert.deepEqual(readFileSync(join(folder, "damaged-1", segment)), before);
  const log = await openLog();
  assert.equal(log.status().lastIndex, 2);
  await log.close();
  assert.match((await repair("--dry-run")).stdout, /^nothing to repair/);
});

test("repair says when nothing can be saved, and changes nothing", async () => {
  damage('"idleMs":1');
  const before = readFileSync(join(folder, segment));
  const { status, stdout } = await repair("--yes");
  assert.equal(status, 1);
  assert.match(stdout, /^nothing can be saved: .*log-0000000000000001\.hfl, byte 40: /);
  assert.deepEqual(readFileSync(join(folder, segment)), before);
});

for (const { where, reasonNotTo, make } of [
  { where: "on a read-only disk", reasonNotTo: reasonNotToMount, make: onReadOnlyDisk },
  { where: "of somebody else", reasonNotTo: reasonNotToProtect, make: writeProtected },
]) {
  test(`a dry run goes on in a folder ${where}, and says what it cannot know`, {
    skip: reasonNotTo(),
  }, async () => {
    damage('"idleMs":2');
    const writable = await repair("--dry-run");
    using _ = make();
    const { status, stdout, stderr } = await repair("--dry-run");
    assert.equal(status, 0);
    assert.equal(stdout.replace(/by \d+/, "by BY"), writable.stdout.replace(/by \d+/, "by BY"));
    assert.match(
      stderr,
      /^holdfast: .* cannot be written \(E(ROFS|ACCES): .*whether a server runs/,
    );
    const done = await repair("--yes");
    assert.equal(done.status, 1);
    assert.match(done.stderr, /^holdfast: E(ROFS|ACCES): /);
  });
}

/** Makes the disk of the test folder refuse all writes from now on. */
function onReadOnlyDisk(): Disposable {
  const disk = mountSmallDisk(8);
  cpSync(folder, join(disk.path, "data"), { recursive: true });
  folder = join(disk.path, "data");
  execFileSync("mount", ["-o", "remount,ro", disk.path]);
  return disk;
}

function reasonNotToProtect(): string | false {
  return process.getuid?.() === 0 && "nothing is protected from root";
}

function writeProtected(): Disposable {
  chmodSync(join(folder, "owner.lock"), 0o400);
  chmodSync(folder, 0o500);
  return { [Symbol.dispose]: () => chmodSync(folder, 0o700) };
}

test("repair refuses a folder that a server owns, and one without a log", async () => {
  const log = await openLog();
  const { status, stderr } = await repair("--dry-run");
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`is in use by the process with pid ${process.pid}`));
  await log.close();
  folder = root.path;
  assert.match((await repair("--yes")).stderr, /there is no log in/);
});

const file = "/data/log-0000000000000001.hfl";
const until = (from: number, to: number) => ({ from: from as LogIndex, until: to as LogIndex });

const lossTexts: readonly (readonly [string, Parameters<typeof lossText>[0]])[] = [
  ["lost: entry 7, which cannot be read", { type: "unreadable", ...until(7, 7) }],
  ["lost: entries 7 to 9, which cannot be read", { type: "unreadable", ...until(7, 9) }],
  [
    "lost: log-0000000000000001.hfl, byte 40: 5 bytes that cannot be read; never acknowledged",
    { type: "bytes", file, offset: 40, bytes: 5, isTail: true },
  ],
  [
    "lost: entries from 7 on, if there were any that cannot be seen any more",
    { type: "unknown", from: 7 as LogIndex },
  ],
];

for (const [text, loss] of lossTexts) {
  test(`a loss of the type ${loss.type} reads: ${text}`, () => {
    assert.equal(lossText(loss, "/data"), text);
  });
}

test("a step that moves a file names both places", () => {
  const step = { type: "move", from: file, to: `/data/damaged-1/${segment}` } as const;
  assert.equal(stepText(step, "/data"), `move ${segment} to damaged-1/${segment}`);
});
