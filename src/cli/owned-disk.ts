import { lchownSync, lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Disk } from "../log/file/mod.ts";

/**
 * The disk, on which root makes nothing in the folder that the server could not open: what is new there
 * belongs to the user and group of the folder. For others than root, and where there is no such folder
 * yet, it is the disk as it was.
 */
export function ownedLike(folder: string, disk: Disk): Disk {
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0 || process.geteuid?.() !== 0) return disk;
  const { uid, gid } = owner;

  /** Some disks, of a container's host say, know one owner only, and refuse to be given another. */
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
    /** Locking may make a file. */
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
