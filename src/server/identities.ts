import type { State } from "../core/apply.ts";
import type { NodeId, RequestId, SessionId } from "../core/ids.ts";
import type { Identities } from "../protocols/protocol.ts";

/**
 * Ids that this log has not seen. A session's name carries the index at which this run of the node
 * began, which no other run shares. Requests count on from that index, or from the highest that is
 * still alive: each of them becomes at least one entry, so the next run begins behind them. A log that
 * was restored or repaired comes to the same index twice; what it was advanced by makes the difference.
 */
export function createIdentities(state: State, node: NodeId): Identities {
  const start = state.index + state.advancedBy;
  const run = `${node}-${start.toString(36)}`;
  let sessions = 0;
  let request = start;
  for (let lock = state.firstLive; lock !== undefined; lock = lock.nextLive) {
    request = Math.max(request, lock.id);
  }
  return {
    nextRequest() {
      request += 1;
      return request as RequestId;
    },
    nextSession() {
      sessions += 1;
      return `${run}-${sessions.toString(36)}` as SessionId;
    },
  };
}
