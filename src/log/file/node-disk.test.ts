import assert from "node:assert/strict";
import { existsSync, promises } from "node:fs";
import { type FileHandle, mkdtemp, open, readlink, realpath, rm } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { diskError } from "../../../testing/disk-error.ts";
import { diskSuite } from "./disk.suite.ts";
import { nodeDisk } from "./node-disk.ts";

const root = await realpath(await mkdtemp(join(tmpdir(), "holdfast-disk-")));
after(() => rm(root, { recursive: true }));

diskSuite("node", nodeDisk, join(root, "deep", "folder"));

test("node disk: a read error names the file, the byte and the reason", async () => {
  const path = join(root, "no-file");
  await nodeDisk.makeFolder(path);
  const file = nodeDisk.open(path, "read");
  assert.throws(() => file.read(Buffer.alloc(10), 7), {
    name: "ReadFailure",
    code: "EISDIR",
    file: path,
    offset: 7,
    message: /^no-file, byte 7: the disk cannot read it \(EISDIR: .*, read\)\. First copy .* to a /,
  });
  file.close();
});

test("node disk: the parent of a folder is synced, whether the folder is new or not", {
  skip: !existsSync("/proc/self/fd") && "only /proc shows the folder of a descriptor",
}, async (t) => {
  const folder = join(root, "one", "two");
  const synced = await syncedFolders(t);
  await nodeDisk.makeFolder(folder);
  assert.deepEqual(synced.splice(0), [join(root, "one"), root]);
  await nodeDisk.makeFolder(folder);
  assert.deepEqual(synced.splice(0), [join(root, "one")]);
});

test("node disk: an existing folder is enough when its parent cannot be synced", async (t) => {
  const folder = join(root, "inside");
  await nodeDisk.makeFolder(folder);
  let code = "";
  t.mock.method(await handles(), "sync", async () => {
    throw diskError(code, root);
  });
  for (code of ["EACCES", "EPERM", "EROFS", "EINVAL"]) {
    await nodeDisk.makeFolder(folder);
    await assert.rejects(nodeDisk.makeFolder(join(root, `new-${code}`)), { code });
  }
  code = "EIO";
  await assert.rejects(nodeDisk.makeFolder(folder), { code: "EIO" });
});

test("node disk: a folder is synced as soon as there is a descriptor for it", async (t) => {
  const { mock } = t.mock.method(promises, "open");
  for (const [call, code] of ["EMFILE", "ENFILE"].entries()) {
    mock.mockImplementationOnce(() => Promise.reject(diskError(code, root)), call);
  }
  syncBuiltinESMExports();
  try {
    await nodeDisk.syncFolder(root);
    assert.equal(mock.callCount(), 3);
  } finally {
    mock.restore();
    syncBuiltinESMExports();
  }
});

/** The paths of the folders that are synced from now on. */
async function syncedFolders(t: TestContext): Promise<string[]> {
  const paths: string[] = [];
  t.mock.method(await handles(), "sync", async function (this: FileHandle) {
    paths.push(await readlink(`/proc/self/fd/${this.fd}`));
  });
  return paths;
}

/** The prototype of all file handles. */
async function handles(): Promise<FileHandle> {
  const handle = await open(root, "r");
  await handle.close();
  return Object.getPrototypeOf(handle);
}

test("node disk: a folder with a short relative name is made", async () => {
  const before = process.cwd();
  process.chdir(root);
  try {
    await nodeDisk.makeFolder("d");
    await nodeDisk.makeFolder("e/f");
    assert.deepEqual(await nodeDisk.list("e"), ["f"]);
  } finally {
    process.chdir(before);
  }
});
