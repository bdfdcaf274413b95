import { ReadFailure } from "./damage.ts";
import type { DiskFile } from "./disk.ts";

/** A buffer over a file for forward reading. */
export interface Window {
  /** Returns fewer than `count` bytes only at the end of the file. Valid until the next call. */
  view(offset: number, count: number): Buffer;
  /** All bytes from `offset` on. Later views read the file anew. */
  rest(offset: number): Buffer;
}

const windowBytes = 1024 * 1024;

export function windowOver(file: DiskFile): Window {
  let buffer = Buffer.alloc(0);
  let start = 0;
  let length = 0;

  function load(offset: number, count: number): void {
    const wanted = Math.min(Math.max(count, windowBytes), Math.max(0, file.size() - offset));
    if (wanted > buffer.length) buffer = Buffer.allocUnsafe(wanted);
    start = offset;
    length = readWanted(offset, count);
  }

  /** The bytes read ahead may include some that the disk cannot read. */
  function readWanted(offset: number, count: number): number {
    try {
      return file.read(buffer, offset);
    } catch (error) {
      length = 0;
      if (!(error instanceof ReadFailure) || error.offset < offset + count) throw error;
      return error.offset - offset;
    }
  }

  return {
    view(offset, count) {
      if (offset < start || offset + count > start + length) load(offset, count);
      return buffer.subarray(offset - start, Math.min(offset - start + count, length));
    },
    rest(offset) {
      length = 0;
      const bytes = Buffer.alloc(Math.max(0, file.size() - offset));
      return bytes.subarray(0, file.read(bytes, offset));
    },
  };
}
