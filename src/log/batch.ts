import type { Entry } from "../core/command.ts";
import type { LogIndex } from "../core/ids.ts";

/** Entries that were committed together, in order and without gaps; never none. */
export type Batch = readonly Entry[];

/** The part of the batch from one index until another, both inclusive; may be all of it, or none. */
export function within(batch: Batch, from: LogIndex, until: LogIndex = lastOf(batch)): Batch {
  const first = batch[0]?.index ?? from;
  if (first >= from && until >= lastOf(batch)) return batch;
  return batch.slice(Math.max(0, from - first), Math.max(0, until + 1 - first));
}

/** 0 when the batch is empty. */
export function lastOf(batch: Batch): LogIndex {
  return batch.at(-1)?.index ?? (0 as LogIndex);
}
