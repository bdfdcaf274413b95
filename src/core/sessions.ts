/**
 * Sessions: what owns things, and outlives its connection by a grace.
 *
 *   life "connection":  attached --detach, restart--> detached --grace over--> (none)
 *                          ^                             |
 *                          +----------- open ------------+
 *   life "idle":        open --no command for idleMs--> (none)
 *
 * In both lives `close_session` ends it at once, and so does an operator. A session that owns nothing when
 * it is detached ends, too: there is nothing to come back for.
 */
import { belongingsOf, countOf, createBelongings, removeBelonging } from "./belongings.ts";
import type { CloseSession, DetachSession, OpenSession, Start } from "./command.ts";
import { addDeadline, deadlineRank, moveDeadline, removeDeadline } from "./deadlines.ts";
import type { LogIndex, SessionId, TimeMs } from "./ids.ts";
import { endTogether, tell } from "./locks.ts";
import { rejected } from "./rejection.ts";
import { type LockRequest, later, type Session, type State, type Turn } from "./state.ts";

/** The session, which has just shown that it is alive. */
export function liveSession(turn: Turn, id: SessionId): Session | undefined {
  const session = turn.state.sessions.get(id);
  if (session?.life.type === "idle") endAt(turn, session, later(turn.at, session.life.idleMs));
  return session;
}

export function open(turn: Turn, command: OpenSession): void {
  const { sessions, limits } = turn.state;
  const known = sessions.get(command.session);
  if (known === undefined && sessions.size >= limits.sessionsMax) {
    const outcome = rejected("limit_exceeded", `there are at most ${limits.sessionsMax} sessions`);
    turn.effects.push({ session: command.session, request: command.request, outcome });
    return;
  }
  const session = known ?? addSession(turn.state, createSession(command, turn.index));
  session.isAttached = true;
  if (session.life.type === "connection") endAt(turn, session, undefined);
  liveSession(turn, session.id);
  tell(turn, session, command.request, { type: "session_opened" });
}

function createSession({ session, node, api, life }: OpenSession, openedIndex: LogIndex): Session {
  return {
    type: "session",
    id: session,
    node,
    api,
    life,
    openedIndex,
    isAttached: true,
    requests: createBelongings(),
    deadline: undefined,
  };
}

export function addSession(state: State, session: Session): Session {
  state.sessions.set(session.id, session);
  return session;
}

/** The connection is gone: its waiters leave the line at once, what it holds stays for the grace. */
export function detach(turn: Turn, command: DetachSession): void {
  const session = turn.state.sessions.get(command.session);
  if (session?.life.type !== "connection" || !session.isAttached) return;
  session.isAttached = false;
  endTogether(turn, waitersOf(session));
  const { graceMs } = session.life;
  if (graceMs === 0 || countOf(session.requests) === 0) end(turn, [session]);
  else endAt(turn, session, later(turn.at, graceMs));
}

export function close(turn: Turn, session: Session, command: CloseSession): void {
  tell(turn, session, command.request, { type: "session_closed" });
  end(turn, [session]);
}

/**
 * Ends the sessions and what they own, in one moment. Waiters are told; grants that were asked to
 * outlive their session stay, without one.
 */
export function end(turn: Turn, sessions: readonly Session[]): void {
  const ending: LockRequest[] = [];
  for (const session of sessions) {
    turn.state.sessions.delete(session.id);
    endAt(turn, session, undefined);
    for (const lock of belongingsOf(session.requests)) {
      if (lock.token !== undefined && lock.outlivesSession) {
        removeBelonging(session.requests, lock);
        lock.session = undefined;
        continue;
      }
      ending.push(lock);
      if (lock.token === undefined && session.isAttached) {
        tell(turn, session, lock.id, rejected("session_ended", "the session is over"));
      }
    }
  }
  endTogether(turn, ending);
}

/**
 * The connections which the node had before its start are gone. What was held while the server was
 * down could not be renewed, so nothing of it ends before its owner had the restart grace to do so.
 */
export function restart(turn: Turn, command: Start): void {
  const { state } = turn;
  for (let lock = state.firstLive; lock !== undefined; lock = lock.nextLive) {
    protectLease(turn, lock, command.restartGraceMs);
  }
  const sessions = [...state.sessions.values()].filter(({ node }) => node === command.node);
  endTogether(turn, sessions.flatMap(waitersOf));
  end(
    turn,
    sessions.filter((session) => isOverAfterRestart(turn, session, command)),
  );
}

function protectLease(turn: Turn, lock: LockRequest, restartGraceMs: number): void {
  if (lock.token === undefined || lock.deadline === undefined || lock.leaseMs === undefined) return;
  const protectedUntil = later(turn.at, Math.min(lock.leaseMs, restartGraceMs));
  if (protectedUntil > lock.deadline.at) {
    moveDeadline(turn.state.deadlines, lock.deadline, protectedUntil);
  }
}

/** Gives the session its time to come back; `true` when there is none. */
function isOverAfterRestart(turn: Turn, session: Session, command: Start): boolean {
  const { life } = session;
  if (life.type === "idle") {
    const protectedUntil = later(turn.at, Math.min(life.idleMs, command.restartGraceMs));
    if (protectedUntil > (session.deadline?.at ?? 0)) endAt(turn, session, protectedUntil);
    return false;
  }
  if (!session.isAttached) return countOf(session.requests) === 0;
  session.isAttached = false;
  const graceMs = life.restartGraceMs ?? command.restartGraceMs;
  if (graceMs === 0 || countOf(session.requests) === 0) return true;
  endAt(turn, session, later(turn.at, graceMs));
  return false;
}

function waitersOf(session: Session): readonly LockRequest[] {
  return belongingsOf(session.requests).filter((lock) => lock.token === undefined);
}

function endAt({ state }: Turn, session: Session, at: TimeMs | undefined): void {
  if (at === undefined) {
    if (session.deadline !== undefined) removeDeadline(state.deadlines, session.deadline);
    session.deadline = undefined;
  } else if (session.deadline !== undefined) {
    moveDeadline(state.deadlines, session.deadline, at);
  } else {
    const { session: rank } = deadlineRank;
    session.deadline = addDeadline(state.deadlines, at, rank, session.openedIndex, session);
  }
}
