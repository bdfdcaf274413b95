import { batchBounds } from "./log.ts";

/** A histogram of commands per batch, as `LogStatus.batches` wants it. */
export interface BatchCounts {
  add(commands: number): void;
  /** One count per bound, and one for all above the last. */
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
