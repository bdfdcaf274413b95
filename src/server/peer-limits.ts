import type { MemoryLimits } from "./budget/budget.ts";
import type { Config } from "./config.ts";

/** Much of what is kept for peers is outside of the heap; a larger heap alone is no reason to keep more. */
const bytesMaxDefault = 1024 ** 3;

const heapParts = 4;
const addressParts = 2;
const connectionParts = 8;

/** What the server keeps for its peers, beside the state. */
export function peerLimits(limits: Config["limits"], heapBytesMax: number): MemoryLimits {
  const bytesMax =
    limits.peerBytesMax ?? Math.min(bytesMaxDefault, Math.floor(heapBytesMax / heapParts));
  return {
    bytesMax,
    bytesPerAddressMax: limits.peerBytesPerAddressMax ?? Math.floor(bytesMax / addressParts),
    bytesPerConnectionMax:
      limits.peerBytesPerConnectionMax ?? Math.floor(bytesMax / connectionParts),
  };
}
