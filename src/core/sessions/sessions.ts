/**
 * Sessions: they own things, and outlive their connection by a grace.
 *
 *   life "connection":  attached --detach, restart--> detached --grace over--> (none)
 *                          ^                             |
 *                          +----------- open ------------+
 *   life "idle":        open --no command for idleMs--> (none)
 *
 * In both lives `close_session` ends it at once, and so does an operator. A session that owns nothing when
 * it is detached ends, too: there is nothing to come back for.
 */
import { createBelongings } from "../belongings.ts";
import { append, createChain, unlink } from "../chain.ts";
import { addDeadline, moveDeadline, removeDeadline } from "../deadlines.ts";
import type { SessionId, TimeMs } from "../ids.ts";
import { originLengthMax } from "../limits.ts";
import { endOwned, endWaiting, ownsLocks } from "../locks/owners.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { later, notify, reply, type State, type Turn } from "../state.ts";
import type {
  CloseSession,
  DetachSession,
  KickSession,
  OpenSession,
  SessionOrigin,
  TouchSession,
} from "./commands.ts";
import type { Session, SessionFacts, Sessions } from "./state.ts";

/** The open session, which has just shown a sign of life by sending a command. */
export function liveSession(turn: Turn, id: SessionId): Session | undefined {
  const session = turn.state.sessions.open.get(id);
  if (session?.life.type === "idle") {
    setEnd(turn.state.sessions, session, later(turn.at, session.life.idleMs));
  }
  return session;
}

export function open(turn: Turn, command: OpenSession): void {
  const { sessions } = turn.state;
  const known = sessions.open.get(command.session);
  const fault = known === undefined ? openFault(turn.state, command) : undefined;
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const session = known ?? addSession(sessions, factsOf(turn, command));
  session.isAttached = true;
  if (session.life.type === "connection") clearEnd(sessions, session);
  liveSession(turn, session.id);
  reply(turn, command, { type: "session_opened" });
}

export function touch(turn: Turn, _session: Session, command: TouchSession): void {
  reply(turn, command, { type: "session_touched" });
}

/** The connection is lost: its waiters leave the line at once, what it holds stays for the grace. */
export function detach(turn: Turn, command: DetachSession): void {
  const session = turn.state.sessions.open.get(command.session);
  if (session?.life.type !== "connection" || !session.isAttached) return;
  endWaiting(turn, [session]);
  if (!keepFor(turn, session, session.life.graceMs)) endSessions(turn, [session]);
}

export function close(turn: Turn, session: Session, command: CloseSession): void {
  reply(turn, command, { type: "session_closed" });
  endSessions(turn, [session]);
}

/** An operator ends a session, which is notified first, so that it knows why its waiters end. */
export function kick(turn: Turn, command: KickSession): void {
  const session = turn.state.sessions.open.get(command.target);
  if (session === undefined) {
    reply(turn, command, rejected("not_found", "no such session is open"));
    return;
  }
  reply(turn, command, { type: "session_closed" });
  notify(turn, session.id, command, { type: "session_kicked" });
  endSessions(turn, [session]);
}

/** Ends the sessions and what they own, in one moment. */
export function endSessions(turn: Turn, ending: readonly Session[]): void {
  const { sessions } = turn.state;
  for (const session of ending) {
    sessions.open.delete(session.id);
    const siblings = sessions.ofNodes.get(session.node);
    if (siblings !== undefined) unlink(siblings, session);
    clearEnd(sessions, session);
  }
  endOwned(turn, ending);
}

/** Keeps a session without a connection for the grace; `false` when there is nothing to keep it for. */
export function keepFor(turn: Turn, session: Session, graceMs: number): boolean {
  session.isAttached = false;
  if (graceMs === 0 || !ownsLocks(session)) return false;
  setEnd(turn.state.sessions, session, later(turn.at, graceMs));
  return true;
}

/** Adds a session that has just been opened, or that a snapshot has kept. */
export function addSession(sessions: Sessions, facts: SessionFacts): Session {
  const { id, node } = facts;
  const session: Session = {
    id,
    node,
    api: facts.api,
    life: facts.life,
    origin: facts.origin,
    openedIndex: facts.openedIndex,
    isAttached: facts.isAttached,
    locks: createBelongings(),
    deadline: undefined,
    previous: undefined,
    next: undefined,
  };
  sessions.open.set(id, session);
  const siblings = sessions.ofNodes.get(node) ?? createChain();
  sessions.ofNodes.set(node, siblings);
  append(siblings, session);
  return session;
}

/** Sets or moves the end of the grace, or of the idle time. */
export function setEnd({ deadlines }: Sessions, session: Session, at: TimeMs): void {
  if (session.deadline !== undefined) moveDeadline(deadlines, session.deadline, at);
  else session.deadline = addDeadline(deadlines, at, 0, session.openedIndex, session);
}

function clearEnd({ deadlines }: Sessions, session: Session): void {
  if (session.deadline !== undefined) removeDeadline(deadlines, session.deadline);
  session.deadline = undefined;
}

function openFault({ sessions, limits }: State, { origin }: OpenSession): Rejection | undefined {
  if (isTooLong(origin)) {
    return rejected("limit_exceeded", `an origin has at most ${originLengthMax} characters`);
  }
  if (sessions.open.size < limits.sessionsMax) return undefined;
  return rejected("limit_exceeded", `there are at most ${limits.sessionsMax} sessions`);
}

function isTooLong({ address = "", principal = "", name = "" }: SessionOrigin): boolean {
  return [address, principal, name].some(({ length }) => length > originLengthMax);
}

function factsOf({ index }: Turn, command: OpenSession): SessionFacts {
  const { session: id, node, api, life, origin } = command;
  return { id, node, api, life, origin, openedIndex: index, isAttached: true };
}
