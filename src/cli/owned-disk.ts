import { lchownSync, lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Disk } from "../log/file/mod.ts";

/**
 * A disk on which root creates only files that the server can open: new files in the folder get the
 * folder's user and group. Without root, or without the folder, returns the disk unchanged.
 */
export function ownedLike(folder: string, disk: Disk): Disk {
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0 || process.geteuid?.() !== 0) return disk;
  const { uid, gid } = owner;

  /** Skips an unnecessary chown, because some disks, such as a container's host's, refuse every one. */
  function give(path: string): void {
    const made = lstatSync(path, { throwIfNoEntry: false });
    if (made === undefined || (made.uid === uid && made.gid === gid)) return;
    lchownSync(path, uid, gid);
  }

  return {
    ...disk,
    open(path, mode) {
      const file = disk.open(path, mode);
      try {
        if (mode === "create") give(path);
        return file;
      } catch (error) {
        file.close();
        throw error;
      }
    },
    async makeFolder(path) {
      await disk.makeFolder(path);
      give(path);
    },
    /** Locking may create a file. */
    async lockFolder(path) {
      const before = new Set(await disk.list(path));
      try {
        return await disk.lockFolder(path);
      } finally {
        const names = await disk.list(path);
        for (const name of names) if (!before.has(name)) give(join(path, name));
      }
    },
  };
}
