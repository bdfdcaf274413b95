import type { DiskFile } from "./disk.ts";
import { type Fullness, isNoSpace } from "./fullness.ts";

/** How much is set aside behind the records of the segment that is written. */
export interface Preallocation {
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
  /** Removes the zeros; all, or all but the reserve, which the next owner may find no room for. */
  shrink(keep: "nothing" | "reserve"): void;
}

export function openTail(
  file: DiskFile,
  start: { readonly end: number; readonly allocated: number },
  { growthBytes, reserveBytes }: Preallocation,
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

  /** Removes what is beyond; where that does not work, as on a full disk of some kinds, it is only zeros. */
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
      file.truncate(end);
      allocated = end;
      hasRemains = false;
    } catch (error) {
      fullness.begin(error);
      throw fullness.reason();
    }
  }

  function shrink(keep: "nothing" | "reserve"): void {
    const kept = end + (keep === "reserve" ? reserveBytes : 0);
    allocated = Math.min(allocated, kept);
    giveBack();
  }

  if (end + reserveBytes > allocated) grow(0);
  return { end: () => end, put, hasRemains: () => hasRemains, shrink };
}

const zeros = Buffer.alloc(1024 * 1024);

export function fillWithZeros(file: DiskFile, from: number, to: number): void {
  for (let position = from; position < to; position += zeros.length) {
    file.write(zeros.subarray(0, to - position), position);
  }
}
