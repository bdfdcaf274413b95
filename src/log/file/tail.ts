import type { DiskFile } from "./disk.ts";
import { type Fullness, isNoSpace } from "./fullness.ts";

/** How much is set aside behind the records of the segment that is written. */
export interface SetAside {
  /** So many zeros at a time: to write over them is faster than to make the file longer. */
  readonly growthBytes: number;
  /** The last of them, kept for what must go on when the disk is full. */
  readonly reserveBytes: number;
}

/** The end of a segment: behind the records zeros, set aside for more. */
export interface Tail {
  end(): number;
  /** Throws `DiskFull`; after any other error the file is not to be written any more. */
  put(bytes: Uint8Array, mayUseReserve: boolean): void;
  /** A part of a refused record may stand behind the end; the next `put` removes it first. */
  hasRemains(): boolean;
  /** Removes the zeros. */
  truncate(): void;
  /** Removes the zeros but the reserve, which the next owner may find no room for. */
  shrink(): void;
}

export function openTail(
  file: DiskFile,
  start: { readonly end: number; readonly allocated: number },
  { growthBytes, reserveBytes }: SetAside,
  fullness: Fullness,
): Tail {
  let { end, allocated } = start;
  let hasRemains = false;

  function put(bytes: Uint8Array, mayUseReserve: boolean): void {
    clean();
    makeRoom(bytes.length, mayUseReserve);
    try {
      file.write(bytes, end);
    } catch (error) {
      fullness.begin(error);
      hasRemains = true;
      clean();
      throw fullness.reason();
    }
    end += bytes.length;
  }

  function makeRoom(bytes: number, mayUseReserve: boolean): void {
    const isShort = end + bytes + reserveBytes > allocated;
    if (fullness.isFull() ? fullness.isRetryDue() : isShort) grow(bytes);
    if (!fullness.isFull()) return;
    if (!mayUseReserve || end + bytes > allocated) throw fullness.reason();
  }

  function grow(bytes: number): void {
    const goal = end + bytes + reserveBytes + growthBytes;
    try {
      fillWithZeros(file, allocated, goal);
      allocated = Math.max(allocated, goal);
      fullness.end();
    } catch (error) {
      fullness.begin(error);
      giveBack();
    }
  }

  /** Removes what `grow` wrote; where that does not work either, it is only zeros. */
  function giveBack(): void {
    try {
      file.truncate(allocated);
    } catch (error) {
      if (!isNoSpace(error)) throw error;
    }
  }

  function clean(): void {
    if (!hasRemains) return;
    try {
      truncate();
      hasRemains = false;
    } catch (error) {
      fullness.begin(error);
      throw fullness.reason();
    }
  }

  function truncate(): void {
    file.truncate(end);
    allocated = end;
  }

  function shrink(): void {
    clean();
    if (allocated <= end + reserveBytes) return;
    file.truncate(end + reserveBytes);
    allocated = end + reserveBytes;
  }

  if (end + reserveBytes > allocated) grow(0);
  return { end: () => end, put, hasRemains: () => hasRemains, truncate, shrink };
}

const zeros = Buffer.alloc(1024 * 1024);

export function fillWithZeros(file: DiskFile, from: number, to: number): void {
  for (let position = from; position < to; position += zeros.length) {
    file.write(zeros.subarray(0, to - position), position);
  }
}
