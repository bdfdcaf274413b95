import { ReadFailure } from "../damage.ts";
import type { Disk, DiskFile } from "../disk.ts";

/** The least that a kernel reads. */
const pageBytes = 4096;

/** Stands in for unreadable bytes. Zeros would look like preallocated room. */
const filler = 0xff;

/**
 * A disk that reads every file to its end, with filler in place of each unreadable page. Each read
 * passes its failures to `onFailure`.
 */
export function salvaging(disk: Disk, onFailure: (failure: ReadFailure) => void = () => {}): Disk {
  return {
    ...disk,
    open(path, mode) {
      const file = disk.open(path, mode);
      return { ...file, read: (into, position) => readAround(file, into, position, onFailure) };
    },
  };
}

function readAround(
  file: DiskFile,
  into: Uint8Array,
  position: number,
  onFailure: (failure: ReadFailure) => void,
): number {
  const length = Math.min(into.length, Math.max(0, file.size() - position));
  let done = 0;
  while (done < length) {
    try {
      return done + file.read(into.subarray(done, length), position + done);
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error;
      onFailure(error);
      const from = error.offset - position;
      done = Math.min(length, from + pageBytes - (error.offset % pageBytes));
      into.fill(filler, from, done);
    }
  }
  return length;
}
