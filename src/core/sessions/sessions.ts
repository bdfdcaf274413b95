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
import { budgetFault } from "../budget.ts";
import { append, createChain, unlink } from "../chain.ts";
import { sessionBytes, shareBytes } from "../costs.ts";
import { addDeadline, type Deadlines, moveDeadline, removeDeadline } from "../deadlines.ts";
import type { SessionId, TimeMs } from "../ids.ts";
import { originLengthMax } from "../limits.ts";
import { endOwned, endWaiting, ownsLocks } from "../locks/owners.ts";
import { networkOf } from "../network.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { charge, discharge, shareOf } from "../shares.ts";
import { later, notify, reply, type State, type Turn } from "../state.ts";
import { ownsTasks } from "../tasks/own.ts";
import { endPulls, endTasks, takeBack } from "../tasks/owners.ts";
import { endLogin } from "../users/login.ts";
import { noVacancies, occupy, type Vacancy, type Vacant, vacate } from "../vacancies.ts";
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
  const fault = known === undefined ? openFault(turn, command) : undefined;
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const session = known ?? addSession(turn.state, factsOf(turn, command));
  session.isAttached = true;
  if (session.life.type === "connection") clearEnd(sessions, session);
  liveSession(turn, session.id);
  reply(turn, command, { type: "session_opened" });
}

export function touch(turn: Turn, _session: Session, command: TouchSession): void {
  reply(turn, command, { type: "session_touched" });
}

/** The connection is lost: its waiters and pulls end at once, what it holds and works at stays for the grace. */
export function detach(turn: Turn, { session: id, unanswered }: DetachSession): void {
  const session = turn.state.sessions.open.get(id);
  if (session?.life.type !== "connection" || !session.isAttached) return;
  endWaiting(turn, [session]);
  endPulls(turn, [session]);
  if (unanswered !== undefined) takeBack(turn, session, unanswered);
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
    reply(turn, command, noSuchSession);
    return;
  }
  reply(turn, command, { type: "session_closed" });
  notify(turn, session.id, command, { type: "session_kicked" });
  endSessions(turn, [session]);
}

export const noSuchSession = rejected("not_found", "no such session is open");

/** Ends the sessions and what they own, in one moment. */
export function endSessions(turn: Turn, ending: readonly Session[]): void {
  for (const session of ending) dropSession(turn.state, session);
  endOwned(turn, ending);
  endTasks(turn, ending);
}

/** Keeps a session without a connection for the grace; `false` when there is nothing to keep it for. */
export function keepFor(turn: Turn, session: Session, graceMs: number): boolean {
  session.isAttached = false;
  if (graceMs === 0 || !ownsAnything(session)) return false;
  setEnd(turn.state.sessions, session, later(turn.at, graceMs));
  return true;
}

export function ownsAnything(session: Session): boolean {
  return ownsLocks(session) || ownsTasks(session);
}

/** Adds a session that has just been opened, or that a snapshot has kept. */
export function addSession({ sessions, holdings }: State, facts: SessionFacts): Session {
  const { id, node, life, origin } = facts;
  const share = shareOf(holdings, origin.address);
  const session: Session = {
    id,
    node,
    api: facts.api,
    life,
    origin,
    openedIndex: facts.openedIndex,
    openedAt: facts.openedAt,
    isAttached: facts.isAttached,
    locks: createBelongings(),
    tasks: undefined,
    share,
    bytes: sessionBytes({ session: id, ...facts }),
    deadline: undefined,
    login: undefined,
    vacancies: noVacancies,
    previous: undefined,
    next: undefined,
  };
  sessions.open.set(id, session);
  const siblings = sessions.ofNodes.get(node) ?? createChain();
  sessions.ofNodes.set(node, siblings);
  append(siblings, session);
  if (life.type === "idle") session.vacancies = vacanciesOf(sessions, session);
  if (share !== undefined) share.sessions += 1;
  charge(holdings, share, session.bytes);
  return session;
}

/** Sets or moves the end of the grace, or of the idle time. */
export function setEnd({ deadlines }: Sessions, session: Session, at: TimeMs): void {
  if (session.deadline !== undefined) moveDeadline(deadlines, session.deadline, at);
  else session.deadline = addDeadline(deadlines, at, 0, session.openedIndex, session);
  vacate(session.vacancies);
}

function dropSession(state: State, session: Session): void {
  const { sessions, holdings } = state;
  const { id, node, share, bytes } = session;
  sessions.open.delete(id);
  endLogin(state, session);
  const siblings = sessions.ofNodes.get(node);
  if (siblings !== undefined) unlink(siblings, session);
  clearEnd(sessions, session);
  occupy(session.vacancies);
  session.vacancies = noVacancies;
  if (share !== undefined) share.sessions -= 1;
  discharge(holdings, share, bytes);
}

function vacanciesOf({ vacant }: Sessions, session: Session): readonly Vacancy[] {
  const heaps = session.share === undefined ? [vacant] : [vacant, session.share.vacant];
  return heaps.map((heap) => ({ session, heap, place: undefined }));
}

function clearEnd({ deadlines }: Sessions, session: Session): void {
  if (session.deadline !== undefined) removeDeadline(deadlines, session.deadline);
  session.deadline = undefined;
}

/** Why no such session can be opened. Sessions that own nothing and speak seldom make room. */
function openFault(turn: Turn, command: OpenSession): Rejection | undefined {
  if (isTooLong(command.origin)) {
    return rejected("limit_exceeded", `an origin has at most ${originLengthMax} characters`);
  }
  for (let displaced = 0; ; displaced += 1) {
    const lack = lackFor(turn, command);
    if (lack === undefined) return undefined;
    const [first] = lack.heap;
    const vacant = first && turn.state.sessions.open.get(first.subject.id);
    if (vacant === undefined || displaced === displacedMax) return lack.fault;
    endSessions(turn, [vacant]);
    const { id: session, origin } = vacant;
    turn.notices.push({ type: "session_displaced", session, address: origin.address });
  }
}

/** A newcomer ends at most so many sessions. One is enough, unless its texts are longer. */
const displacedMax = 4;

interface Lack {
  readonly fault: Rejection;
  /** The sessions that could make room. */
  readonly heap: Deadlines<Vacant>;
}

/** Why there is no room for the session now. Its own address makes room first. */
function lackFor(turn: Turn, command: OpenSession): Lack | undefined {
  const { sessions, limits, holdings } = turn.state;
  const { address } = command.origin;
  const share = address === undefined ? undefined : holdings.shares.get(networkOf(address));
  const { sessionsMax, sessionsPerAddressMax } = limits;
  const own = share?.vacant ?? [];
  if ((share?.sessions ?? 0) >= sessionsPerAddressMax) {
    const reason = `one address has at most ${sessionsPerAddressMax} sessions`;
    return { fault: rejected("limit_exceeded", reason), heap: own };
  }
  const any = own.length > 0 ? own : sessions.vacant;
  if (sessions.open.size >= sessionsMax) {
    const reason = `there are at most ${sessionsMax} sessions`;
    return { fault: rejected("limit_exceeded", reason), heap: any };
  }
  const ofShare = address === undefined || share !== undefined ? 0 : shareBytes(networkOf(address));
  const fault = budgetFault(turn, share, sessionBytes(command) + ofShare);
  return fault && { fault, heap: any };
}

function isTooLong({ address = "", principal = "", name = "" }: SessionOrigin): boolean {
  return [address, principal, name].some(({ length }) => length > originLengthMax);
}

function factsOf({ index, at }: Turn, command: OpenSession): SessionFacts {
  const { session: id, node, api, life, origin } = command;
  const opened = { openedIndex: index, openedAt: at };
  return { id, node, api, life, origin, ...opened, isAttached: true };
}
