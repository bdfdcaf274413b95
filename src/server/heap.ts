import { getHeapStatistics } from "node:v8";

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
