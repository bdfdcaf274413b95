import assert from "node:assert/strict";
import {
  chownSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { TimeMs } from "../core/ids.ts";
import { nodeDisk, openFileLog } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";

const root = createTemporaryFolder();
after(() => root[Symbol.dispose]());

/** The ids of `nobody` on most systems; the test needs no names for them. */
const uid = 65_534;
const gid = 65_533;

const skip = process.getuid?.() !== 0 && "only root can give files away";

function holdfast(...argv: readonly string[]): Promise<Ended> {
  return runHoldfast({ argv, folder: root.path });
}

function openLog(folder: string): Promise<Log> {
  const now = () => 5000 as TimeMs;
  return openFileLog({ access: "owner", disk: nodeDisk, folder, now, durability: "always" });
}

/** The log of a server under another user, with the second of three entries damaged. */
async function damagedLog(name: string): Promise<string> {
  const folder = join(root.path, name);
  const log = await openLog(folder);
  for (const idleMs of [1, 2, 3]) await log.append([{ type: "collect", idleMs }]);
  await log.close();
  const path = join(folder, "log-0000000000000001.hfl");
  const bytes = readFileSync(path);
  bytes.write("#", bytes.indexOf('"idleMs":2'));
  writeFileSync(path, bytes);
  for (const file of [folder, ...filesIn(folder)]) chownSync(file, uid, gid);
  return folder;
}

function filesIn(folder: string): readonly string[] {
  return globSync("**", { cwd: folder }).map((name) => join(folder, name));
}

function ownersIn(folder: string): readonly string[] {
  return filesIn(folder).map((file) => `${lstatSync(file).uid}:${lstatSync(file).gid}`);
}

test("what root repairs still belongs to whom the folder belongs to, and so does all that is made for it", {
  skip,
}, async () => {
  const folder = await damagedLog("repaired");
  rmSync(join(folder, "owner.lock"));
  assert.equal((await holdfast("log", "repair", folder, "--yes")).status, 0);
  const owners = ownersIn(folder);
  assert.equal(filesIn(folder).filter((file) => file.includes("damaged-1")).length, 2);
  assert.ok(filesIn(folder).includes(join(folder, "owner.lock")));
  assert.deepEqual(new Set(owners), new Set([`${uid}:${gid}`]));
});

test("a dry run of root leaves no lock file that the server cannot open", { skip }, async () => {
  const folder = await damagedLog("dry");
  rmSync(join(folder, "owner.lock"));
  assert.equal((await holdfast("log", "repair", folder, "--dry-run")).status, 0);
  assert.deepEqual(new Set(ownersIn(folder)), new Set([`${uid}:${gid}`]));
});

test("what root restores into a folder of somebody belongs to them", { skip }, async () => {
  const folder = join(root.path, "restored");
  mkdirSync(folder);
  chownSync(folder, uid, gid);
  await makeBackup();
  assert.equal((await holdfast("restore", "backup", folder)).status, 0);
  assert.equal(filesIn(folder).filter((file) => /hf[ls]$/.test(file)).length, 2);
  assert.deepEqual(new Set(ownersIn(folder)), new Set([`${uid}:${gid}`]));
});

test("what is restored into a new folder belongs to who does it", async () => {
  const folder = join(root.path, "new");
  await makeBackup();
  assert.equal((await holdfast("restore", "backup", folder)).status, 0);
  const { uid: own, gid: ownGroup } = lstatSync(folder);
  assert.equal(own, process.getuid?.());
  assert.deepEqual(new Set(ownersIn(folder)), new Set([`${own}:${ownGroup}`]));
});

async function makeBackup(): Promise<void> {
  const folder = join(root.path, "data");
  const log = await openLog(folder);
  await log.append([{ type: "tick" }]);
  await log.close();
  await holdfast("backup", "--force", "backup", folder);
}
