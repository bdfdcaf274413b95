import { ReadFailure } from "../../src/log/file/damage.ts";
import type { Disk } from "../../src/log/file/disk.ts";
import { diskError } from "../disk-error.ts";

/** Bytes that a kernel reads at once. */
export const pageBytes = 4096;

/**
 * The same disk, on which some pages of one file (by number, from 0) are unreadable. They belong to
 * the file and not to its name: a file that replaces it is readable.
 */
export function withBadPages(disk: Disk, path: string, pages: readonly number[]): Disk {
  const badPages = new Map([[path, pages]]);

  /** The first unreadable byte of the range. */
  function badByte(name: string, from: number, until: number): number | undefined {
    const bytes = (badPages.get(name) ?? [])
      .filter((page) => page * pageBytes < until && (page + 1) * pageBytes > from)
      .map((page) => Math.max(page * pageBytes, from));
    return bytes.length === 0 ? undefined : Math.min(...bytes);
  }

  return {
    ...disk,
    open(name, mode) {
      const file = disk.open(name, mode);
      return {
        ...file,
        read(into, position) {
          const until = Math.min(position + into.length, file.size());
          const offset = badByte(name, position, until);
          if (offset === undefined) return file.read(into, position);
          file.read(into.subarray(0, offset - position), position);
          throw new ReadFailure({ file: name, offset }, diskError("EIO", name));
        },
      };
    },
    async rename(from, to) {
      await disk.rename(from, to);
      badPages.set(to, badPages.get(from) ?? []);
      badPages.delete(from);
    },
  };
}
