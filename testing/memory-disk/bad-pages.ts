import { ReadFailure } from "../../src/log/file/damage.ts";
import type { Disk } from "../../src/log/file/disk.ts";
import { diskError } from "../disk-error.ts";

/** In bytes; what a kernel reads at once. */
export const pageBytes = 4096;

/**
 * The same disk, but some pages of a file, by number from 0, cannot be read any more. They are a matter of
 * the file, not of its name: what replaces it can be read.
 */
export function withBadPages(disk: Disk, path: string, pages: readonly number[]): Disk {
  const badPages = new Map([[path, pages]]);

  /** The first byte of the range that cannot be read. */
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
