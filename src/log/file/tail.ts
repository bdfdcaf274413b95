import type { DiskFile } from "./disk.ts";
import { type Fullness, isNoSpace } from "./fullness.ts";

/** How much to preallocate behind the records of the last segment. */
export interface Preallocation {
  /** Zeros to add at a time: overwriting them is faster than making the file longer. */
  readonly growthBytes: number;
  /** The part of the zeros that is kept for a full disk. */
  readonly reserveBytes: number;
}

/** The end of a segment: preallocated zeros behind the records. */
export interface Tail {
  end(): number;
  /**
   * When the disk is full, the bytes may use the given part of the reserve, from 0 to 1. Throws `DiskFull`. After any
   * other error the file must not be written any more.
   */
  put(bytes: Uint8Array, reserveShare: number): void;
  /**
   * Whether a part of a rejected record may stand behind the end. The next `put` removes it first.
   */
  hasRemains(): boolean;
  /** Removes all zeros, or all but the reserve, since the next owner may find no room for one. */
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

  function put(bytes: Uint8Array, reserveShare: number): void {
    clean();
    makeRoom(bytes.length, reserveShare);
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

  function makeRoom(bytes: number, reserveShare: number): void {
    const isShort = end + bytes + reserveBytes > allocated;
    if (fullness.isFull() ? fullness.isRetryDue() : isShort) grow(bytes);
    if (!fullness.isFull()) return;
    const keptBytes = reserveBytes * (1 - reserveShare);
    if (reserveShare === 0 || end + bytes > allocated - keptBytes) throw fullness.reason();
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

  /** Cuts the file. Some full disks cannot do that; then the file only keeps its zeros. */
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
