import type { Limits } from "../core/limits.ts";
import type { Config } from "./config.ts";

/** The state's part of the heap: the rest is for connections, for what they send, and for what a start reads. */
const stateParts = 3;
/** So that one address leaves something to the others. */
const addressPart = 7 / 8;
/** A configured state larger than this part of the heap may keep the server from starting again. */
const safePart = 0.6;

/** The limits that the core keeps, which must be the same in every replay. */
export function coreLimits(limits: Config["limits"], heapBytesMax: number): Limits {
  const stateBytesMax = limits.stateBytesMax ?? Math.floor(heapBytesMax / stateParts);
  return {
    nameBytesMax: limits.nameBytesMax,
    pathSegmentsMax: limits.pathSegmentsMax,
    claimsMax: limits.claimsMax,
    locksPerSessionMax: limits.locksPerSessionMax,
    stateBytesPerSessionMax: limits.stateBytesPerSessionMax,
    visitsPerRequestMax: limits.visitsPerRequestMax,
    tasksPerSessionMax: limits.tasksPerSessionMax,
    sessionsMax: limits.sessionsMax,
    idleNamesMax: limits.idleNamesMax,
    stateBytesMax,
    stateBytesPerAddressMax:
      limits.stateBytesPerAddressMax ?? Math.floor(stateBytesMax * addressPart),
    sessionsPerAddressMax: limits.sessionsPerAddressMax,
    locksPerAddressMax: limits.locksPerAddressMax,
    waitersPerAddressMax: limits.waitersPerAddressMax,
  };
}

export interface HeapAdvice {
  readonly stateBytesMax: number;
  readonly heapBytesMax: number;
  readonly advice: string;
}

/** For the operator, when the configured state could outgrow the heap; `undefined` when all is well. */
export function heapAdvice(
  { stateBytesMax = 0 }: Config["limits"],
  heapBytesMax: number,
): HeapAdvice | undefined {
  if (stateBytesMax <= heapBytesMax * safePart) return undefined;
  const wantedMiB = Math.ceil((stateBytesMax * stateParts) / 2 ** 20);
  const advice = `give Node more, such as NODE_OPTIONS=--max-old-space-size=${wantedMiB}, or lower limits.stateBytesMax`;
  return { stateBytesMax, heapBytesMax, advice };
}
