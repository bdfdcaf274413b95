import type { LogIndex, NodeId, RequestId, SessionId } from "../core/ids.ts";
import type { Identities } from "../protocols/protocol.ts";

export interface IdentitiesOptions {
  readonly node: NodeId;
  /** The index of the `start` entry of this run of the node. */
  readonly begunAt: LogIndex;
  /** How many numbers the log has skipped, as the state counts them. */
  readonly advancedBy: number;
}

/**
 * Ids that no other run of any node gives out. They carry the index of the run's own `start` entry, which
 * no other run shares. A log that was restored or repaired reaches the same index twice, but has skipped
 * numbers in between.
 */
export function createIdentities({ node, begunAt, advancedBy }: IdentitiesOptions): Identities {
  const run = (begunAt + advancedBy).toString(36);
  let sessions = 0;
  let requests = 0;
  return {
    nextRequest() {
      requests += 1;
      return `${run}.${requests.toString(36)}` as RequestId;
    },
    nextSession() {
      sessions += 1;
      return `${node}-${run}-${sessions.toString(36)}` as SessionId;
    },
  };
}
