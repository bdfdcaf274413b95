import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { TimeMs } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

const summary = `  entry           2
  time            1970-01-01T00:00:05.000Z
  locks held      0
  waiters         0
  sessions        0
  last token      0
  bytes           608
  format version  1
`;

before(async () => {
  const log = await openFileLog({
    access: "owner",
    disk: nodeDisk,
    folder: join(folder.path, "data"),
    now: () => 5000 as TimeMs,
    durability: "always",
  });
  await log.append([{ type: "tick" }, { type: "tick" }]);
  await log.close();
});

function holdfast(...argv: readonly string[]): Promise<Ended> {
  return runHoldfast({ argv, folder: folder.path });
}

test("backup writes a file only its owner can read, says what it holds, and replaces none", async () => {
  const stdout = `one.backup\n${summary}`;
  const first = await holdfast("backup", "one.backup", "data");
  assert.deepEqual(first, { status: 0, stdout, stderr: "" });
  assert.equal(statSync(join(folder.path, "one.backup")).mode & 0o777, 0o600);
  const again = await holdfast("backup", "one.backup", "data");
  assert.equal(again.status, 1);
  assert.match(
    again.stderr,
    /^holdfast: .*one\.backup exists already; give --force to replace it$/m,
  );
  assert.equal((await holdfast("backup", "--force", "one.backup", "data")).status, 0);
  assert.ok(!readdirSync(folder.path).some((name) => name.endsWith(".tmp")));
});

test("backup takes the folder of the configuration when none is named", async () => {
  writeFileSync(join(folder.path, "holdfast.yaml"), "data: data\n");
  const { status } = await holdfast("backup", "two.backup", "--config", "holdfast.yaml");
  assert.equal(status, 0);
});

test("backup to stdout writes the file there, and what it holds to stderr", async () => {
  const { status, stdout, stderr } = await holdfast("backup", "-", "data");
  assert.deepEqual({ status, stderr }, { status: 0, stderr: summary });
  assert.equal(stdout.slice(0, 6), "HFSNAP");
});

/** Runs a backup to stdout in a shell with the variables `command`, the program, and `target`, the destination. */
function backupInShell(line: string): SpawnSyncReturns<string> {
  const argv = ["-c", line, process.execPath, main, "backup", "-", "data"];
  return spawnSync("sh", argv, { cwd: folder.path, encoding: "utf8" });
}

const noWhole = /^holdfast: what came out on stdout is no whole backup: E[A-Z]+: [^\n]+\n$/;

test("backup to stdout fails with one line when the disk takes nothing", {
  skip: !existsSync("/dev/full") && "there is no /dev/full",
}, () => {
  const { status, stderr } = backupInShell('"$0" "$@" > /dev/full');
  assert.match(stderr, noWhole);
  assert.equal(status, 1);
});

test("backup to stdout fails with one line when the disk gets full within the last write", {
  skip: spawnSync("prlimit", ["--version"]).status !== 0 && "there is no prlimit",
}, () => {
  assert.equal(backupInShell('"$0" "$@" > whole').status, 0);
  const { size } = statSync(join(folder.path, "whole"));
  const { status, stderr } = backupInShell(`prlimit --fsize=${size - 3} "$0" "$@" > cut`);
  assert.equal(statSync(join(folder.path, "cut")).size, size - 3);
  assert.match(stderr, noWhole);
  assert.equal(status, 1);
});

test("backup to stdout fails with one line when nobody reads it", () => {
  const unread = "mkfifo unread && exec 3<>unread 4>unread 3>&-";
  const { status, stderr } = backupInShell(`${unread} && "$0" "$@" >&4`);
  assert.match(stderr, noWhole);
  assert.equal(status, 1);
});

test("backup of a folder without a log fails", async () => {
  const { status, stderr } = await holdfast("backup", "three.backup", ".");
  assert.equal(status, 1);
  assert.match(stderr, /there is no log with entries in \./);
});

test("restore verifies, then makes a folder, and refuses one that has a log", async () => {
  await holdfast("backup", "four.backup", "data");
  const dry = await holdfast("restore", "--dry-run", "four.backup", "new");
  assert.deepEqual(dry, { status: 0, stdout: `four.backup is whole\n${summary}`, stderr: "" });
  assert.ok(!readdirSync(folder.path).includes("new"));
  const { status, stdout } = await holdfast("restore", "four.backup", "new");
  assert.equal(status, 0);
  assert.match(stdout, /^new holds what four\.backup held\n {2}entry {11}2\n/);
  assert.match(stdout, /^ {2}next entry {6}4\n {2}tokens above {4}\d{10,}$/m);
  const again = await holdfast("restore", "four.backup", "new");
  assert.equal(again.status, 1);
  assert.match(again.stderr, /new has a log in it already/);
  const cat = await holdfast("log", "cat", "new");
  assert.match(cat.stdout, /^3 1970-01-01T00:00:05\.000Z advance \{"by":\d+\}\n$/);
});

test("restore refuses a damaged file with its place, and makes nothing of it", async () => {
  await holdfast("backup", "five.backup", "data");
  const path = join(folder.path, "five.backup");
  truncateSync(path, readFileSync(path).length - 1);
  const { status, stderr } = await holdfast("restore", "five.backup", "damaged");
  assert.equal(status, 1);
  assert.match(stderr, /^holdfast: five\.backup, byte \d+: .* This is no whole backup/);
  assert.ok(!readdirSync(folder.path).includes("damaged"));
});
