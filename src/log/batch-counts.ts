import { batchBounds } from "./log.ts";

/** Counts batches by their number of commands, for `LogStatus.batches`. */
export interface BatchCounts {
  add(commands: number): void;
  /** One count for each of `batchBounds`, and one for the batches above the last. */
  counts(): readonly number[];
}

export function createBatchCounts(): BatchCounts {
  const counts = new Array<number>(batchBounds.length + 1).fill(0);
  return {
    add(commands) {
      const place = batchBounds.findIndex((bound) => commands <= bound);
      const found = place === -1 ? batchBounds.length : place;
      counts[found] = (counts[found] ?? 0) + 1;
    },
    counts: () => [...counts],
  };
}
