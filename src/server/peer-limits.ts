import type { MemoryLimits } from "./budget/budget.ts";
import type { Config } from "./config.ts";

const mebibyte = 2 ** 20;

/** Much of what is kept for peers is outside of the heap, so a very small or large one says little about it. */
const defaultMin = 64 * mebibyte;
const defaultMax = 512 * mebibyte;

const heapPart = 1 / 8;
const addressPart = 3 / 4;
const connectionPart = 1 / 4;

/** The memory that the server keeps for its peers, beside the state. */
export function peerLimits(limits: Config["limits"], heapBytesMax: number): MemoryLimits {
  const bytesMax =
    limits.peerBytesMax ??
    Math.max(defaultMin, Math.min(defaultMax, Math.floor(heapBytesMax * heapPart)));
  return {
    bytesMax,
    bytesPerAddressMax: limits.peerBytesPerAddressMax ?? Math.floor(bytesMax * addressPart),
    bytesPerConnectionMax:
      limits.peerBytesPerConnectionMax ?? Math.floor(bytesMax * connectionPart),
  };
}
