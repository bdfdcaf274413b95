import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The memory of the process, most of which is the heap of the server's thread. */
export interface Heap {
  /** Bytes that the process has of the machine's memory. */
  bytes(): number;
  /** Lets V8 look for garbage, bit by bit and mostly beside the work. */
  beginToCollect(): void;
  /** Collects all garbage in one go. V8 gives the memory back some seconds later, if little happens until then. */
  collect(): void;
  /** Collects in one go until nothing is left to collect, and gives back the room that V8 has for what is new. */
  shrink(): void;
  /** Gives back what the C library keeps of the pieces that were freed. */
  trim(): void;
}

/** So much outside the heap, all at once, makes V8 look for garbage. It is never touched, so it takes no memory. */
const alarmingBytes = 96 * 1024 * 1024;

export const systemHeap: Heap = {
  bytes: () => process.memoryUsage.rss(),
  beginToCollect() {
    new ArrayBuffer(alarmingBytes);
  },
  collect: () => collector()(),
  shrink: () => collector()({ type: "major", flavor: "last-resort" }),
  trim() {
    trimming ??= loadTrim();
    void trimming.then((trim) => trim());
  },
};

function collector(): (options?: object) => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

let trimming: Promise<() => void> | undefined;

/**
 * `malloc_trim` of glibc, which gives back free pages only at the end of its heap unless it is asked: the pieces that
 * 100,000 HTTP/2 streams leave would stay for ever. Does nothing with another C library, or where the package that
 * calls it is not installed.
 */
async function loadTrim(): Promise<() => void> {
  try {
    const { default: koffi } = await import("koffi");
    const trim = koffi.load("libc.so.6").func("int malloc_trim(size_t pad)");
    return () => void trim(0);
  } catch {
    return () => {};
  }
}

/** Three semispaces of 64 MiB, in which V8 has what is new; its limit of the whole heap includes them. */
const youngBytesMax = 3 * 64 * 1024 * 1024;

/** How far the old generation may grow, which holds what lives long; rather less than more. */
export function readHeapBytesMax(): number {
  return oldBytesMaxOf(getHeapStatistics().heap_size_limit);
}

/** In a small heap, V8 makes the semispaces smaller, by a rule of its own. */
export function oldBytesMaxOf(heapBytesMax: number): number {
  return Math.max(heapBytesMax - youngBytesMax, Math.floor(heapBytesMax / 4));
}
