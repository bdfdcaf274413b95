/** What operators see of sessions; it only reads. */
import { countOf } from "../belongings.ts";
import type { LogIndex, NodeId, SessionId, TimeMs } from "../ids.ts";
import { heldCountOf } from "../locks/owners.ts";
import type { State } from "../state.ts";
import type { SessionLife, SessionOrigin } from "./commands.ts";
import type { Session } from "./state.ts";

export interface ListedSession {
  readonly session: SessionId;
  readonly node: NodeId;
  readonly api: string;
  readonly life: SessionLife["type"];
  readonly origin: SessionOrigin;
  readonly isAttached: boolean;
  /** The end of its grace or of its idle time; absent while its connection is alive. */
  readonly until?: TimeMs;
  /** The entry of the log that opened it. */
  readonly openedIndex: LogIndex;
  readonly locksHeld: number;
  readonly locksWaiting: number;
}

export interface SessionListing {
  readonly sessions: readonly ListedSession[];
  /** Whether there are more than the limit. */
  readonly isCut: boolean;
}

/** The oldest sessions, as many as the limit allows. */
export function listSessions(state: State, limit: number): SessionListing {
  const sessions: ListedSession[] = [];
  const { open } = state.sessions;
  for (const session of open.values()) {
    if (sessions.length === limit) break;
    sessions.push(listed(session));
  }
  return { sessions, isCut: open.size > sessions.length };
}

function listed(session: Session): ListedSession {
  const { id, node, api, life, origin, isAttached, openedIndex, deadline, locks } = session;
  const locksHeld = heldCountOf(locks);
  return {
    session: id,
    node,
    api,
    life: life.type,
    origin,
    isAttached,
    ...(deadline && { until: deadline.at }),
    openedIndex,
    locksHeld,
    locksWaiting: countOf(locks) - locksHeld,
  };
}
