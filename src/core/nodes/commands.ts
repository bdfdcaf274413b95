import type { NodeId, RunId } from "../ids.ts";
import type { Limits } from "../limits.ts";
import { reserveShares, type TraitsTable } from "../traits.ts";

export type NodeCommand = Start | SetLimits | Tick | Advance;

export const nodeTraits = {
  start: { sender: "node", reserveShare: reserveShares.needed },
  set_limits: { sender: "node", reserveShare: reserveShares.needed },
  tick: { sender: "node", reserveShare: reserveShares.needed },
  advance: { sender: "node", reserveShare: reserveShares.needed },
} as const satisfies TraitsTable<NodeCommand>;

/** A node has started: none of the connections that it had before is alive any more. */
export interface Start {
  readonly type: "start";
  readonly node: NodeId;
  /** Tells the node's own entry from all others in the log. */
  readonly run: RunId;
  /** How long the node's sessions and locks are kept for their owners, unless a session says otherwise. */
  readonly restartGraceMs: number;
}

/** From this entry on these limits hold, on every node and in every replay. */
export interface SetLimits {
  readonly type: "set_limits";
  /** In a log that an older program has written, only those that it knew. */
  readonly limits: Limits;
}

/** Time has passed: ends every lease, wait and session whose deadline has come. Any node may send it. */
export interface Tick {
  readonly type: "tick";
}

/**
 * The log lacks what came next: it was restored from a backup, or its end was lost. Clients may still hold
 * what was granted there, so every counter skips `by` numbers.
 */
export interface Advance {
  readonly type: "advance";
  /** A whole number from 1 to `advanceMax`. */
  readonly by: number;
}
