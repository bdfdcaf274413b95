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

/** Sessions and locks of theirs that one step walks, within a few ms. */
const walkedMax = 50_000;

/**
 * The oldest sessions, as many as the limit allows. Works in steps, between which entries may be applied; each session
 * is listed as it is in its step.
 */
export function* listSessions(state: State, limit: number): Generator<void, SessionListing, void> {
  const sessions: ListedSession[] = [];
  let walked = 0;
  for (const session of state.sessions.open.values()) {
    if (sessions.length === limit) return { sessions, isCut: true };
    sessions.push(listed(session));
    walked += 1 + countOf(session.locks);
    if (walked < walkedMax) continue;
    walked = 0;
    yield;
  }
  return { sessions, isCut: false };
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
