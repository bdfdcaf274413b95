import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The heap of the server's thread. */
export interface Heap {
  /** Bytes that the process has for it, those of buffers included. */
  bytes(): number;
  /** Lets V8 look for garbage, bit by bit and mostly beside the work. */
  beginToCollect(): void;
  /** Collects all garbage in one go. V8 gives the memory back some seconds later, if little happens until then. */
  collect(): void;
}

/** So much outside the heap, all at once, makes V8 look for garbage. It is never touched, so it takes no memory. */
const alarmingBytes = 96 * 1024 * 1024;

export const systemHeap: Heap = {
  bytes() {
    const { total_heap_size, external_memory } = getHeapStatistics();
    return total_heap_size + external_memory;
  },
  beginToCollect() {
    new ArrayBuffer(alarmingBytes);
  },
  collect() {
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
  },
};

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
