import type { Entry } from "../core/command.ts";
import type { LogIndex } from "../core/ids.ts";

/** Entries that were committed together, in order and without gaps; never empty. */
export type Batch = readonly Entry[];

/**
 * The entries of the batch from one index to another, both inclusive: all of them, some, or none.
 */
export function within(batch: Batch, from: LogIndex, until: LogIndex = lastOf(batch)): Batch {
  const first = batch[0]?.index ?? from;
  if (first >= from && until >= lastOf(batch)) return batch;
  return batch.slice(Math.max(0, from - first), Math.max(0, until + 1 - first));
}

/** Index of the last entry; 0 when the batch is empty. */
export function lastOf(batch: Batch): LogIndex {
  return batch.at(-1)?.index ?? (0 as LogIndex);
}
