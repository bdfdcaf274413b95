import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Disk } from "./disk.ts";

/** The promises of every disk that the log relies on. The folder need not exist. */
export function diskSuite(name: string, disk: Disk, folder: string): void {
  test(`${name} disk: a file has the written bytes, and zeros between them`, async () => {
    await disk.makeFolder(folder);
    await disk.makeFolder(folder);
    const file = disk.open(join(folder, "a"), "create");
    file.write(Buffer.from("world"), 7);
    file.write(Buffer.from("hello"), 0);
    await file.sync();
    const bytes = Buffer.alloc(20);
    assert.equal(file.read(bytes, 0), 12);
    assert.equal(bytes.toString("latin1", 0, 12), "hello\0\0world");
    assert.equal(file.read(bytes, 12), 0);
    assert.equal(file.read(bytes.subarray(0, 2), 10), 2);
    assert.equal(file.size(), 12);
    file.close();
  });

  test(`${name} disk: truncating cuts a file or fills it with zeros`, () => {
    const file = disk.open(join(folder, "a"), "write");
    file.truncate(3);
    file.truncate(5);
    const bytes = Buffer.alloc(9, "x");
    assert.equal(file.read(bytes, 0), 5);
    assert.equal(bytes.toString("latin1"), "hel\0\0xxxx");
    file.close();
  });

  test(`${name} disk: creating empties a file, renaming replaces one, removing a missing one succeeds`, async () => {
    disk.open(join(folder, "b"), "create").close();
    await disk.rename(join(folder, "a"), join(folder, "b"));
    await disk.syncFolder(folder);
    assert.deepEqual(await disk.list(folder), ["b"]);
    const file = disk.open(join(folder, "b"), "create");
    assert.equal(file.size(), 0);
    file.close();
    await disk.remove(join(folder, "b"));
    await disk.remove(join(folder, "b"));
    assert.deepEqual(await disk.list(folder), []);
    assert.throws(() => disk.open(join(folder, "b"), "read"), { code: "ENOENT" });
    assert.throws(() => disk.open(join(folder, "b"), "write"), { code: "ENOENT" });
  });
}
