import type {
  DetachSession,
  Entry,
  KickSession,
  OpenSession,
  Start,
} from "../../src/core/command.ts";
import { sessionBytes, shareBytes } from "../../src/core/costs.ts";
import type { SessionId, TimeMs } from "../../src/core/ids.ts";
import { networkOf } from "../../src/core/network.ts";
import { type RejectionCode, rejected } from "../../src/core/rejection.ts";
import { addressesIn, hasRoom, shareOf } from "./budget.ts";
import type { ModelLock } from "./locks.ts";
import { end } from "./requests.ts";
import { after, type ModelSession, type ModelState, tell } from "./state.ts";
import { endPulls, endTasks, hasTasks, takeBack } from "./tasks.ts";

export function openSession(state: ModelState, { index, at, command }: Entry<OpenSession>): void {
  const { session, node, life } = command;
  let open = state.sessions.find((other) => other.session === session);
  if (open === undefined && !makeRoom(state, command, at)) {
    tell(state, command, rejected("limit_exceeded", ""));
    return;
  }
  if (open === undefined) {
    const address = addressOf(command);
    const from = command.origin.address;
    const facts = { session, node, life, openedIndex: index, address, from };
    const bytes = sessionBytes(command);
    open = { ...facts, bytes, login: undefined, isAttached: true, endsAt: undefined };
    state.sessions.push(open);
  }
  open.isAttached = true;
  open.endsAt = undefined;
  keepAlive(open, at);
  tell(state, command, { type: "session_opened" });
}

/** Ends up to four sessions that own nothing and live by their requests, of the same address if it has any. */
function makeRoom(state: ModelState, command: OpenSession, at: TimeMs): boolean {
  for (let ended = 0; ; ended++) {
    const lack = lackFor(state, command, at);
    if (lack === undefined) return true;
    const vacant = state.sessions
      .filter((session) => session.life.type === "idle" && ownsNothing(state, session))
      .sort((a, b) => (a.endsAt ?? 0) - (b.endsAt ?? 0) || a.openedIndex - b.openedIndex);
    const address = addressOf(command);
    const own = vacant.filter((session) => address !== undefined && session.address === address);
    const [first] = lack === "address" || own.length > 0 ? own : vacant;
    if (first === undefined || ended === 4) return false;
    endSessions(state, [first], at);
  }
}

/** Whether the address, or the server, has no room for the session. */
function lackFor(
  state: ModelState,
  command: OpenSession,
  at: TimeMs,
): "address" | "server" | undefined {
  const { sessions, limits } = state;
  const address = addressOf(command);
  const isKnown = address === undefined || addressesIn(state).has(address);
  if (address !== undefined && isKnown) {
    if (shareOf(state, address).sessions >= limits.sessionsPerAddressMax) return "address";
  }
  if (sessions.length >= limits.sessionsMax) return "server";
  const bytes = sessionBytes(command) + (isKnown ? 0 : shareBytes(address));
  return hasRoom(state, { bytes, address, by: "client" }, at) ? undefined : "server";
}

function addressOf({ origin: { address } }: OpenSession): string | undefined {
  return address === undefined ? undefined : networkOf(address);
}

/** An idle session lives on from each of its commands. */
export function keepAlive(session: ModelSession, at: TimeMs): void {
  if (session.life.type === "idle") session.endsAt = after(at, session.life.idleMs);
}

/** Nobody listens any more, so the waiters leave, and are not told. */
export function detachSession(state: ModelState, { at, command }: Entry<DetachSession>): void {
  const session = state.sessions.find((other) => other.session === command.session);
  if (session?.life.type !== "connection" || !session.isAttached) return;
  end(state, waitersOf(state, session), at);
  endPulls(state, [session]);
  takeBack(state, session.session, command.unanswered ?? []);
  if (isOverAfter(state, session, at, session.life.graceMs)) endSessions(state, [session], at);
}

/** Ends the sessions with all that they own in one moment, save what is held and outlives them. */
export function endSessions(state: ModelState, ending: readonly ModelSession[], at: TimeMs): void {
  state.sessions = state.sessions.filter((session) => !ending.includes(session));
  const owned = ending.flatMap(({ session }) => locksOf(state, session));
  const isKept = (lock: ModelLock) => lock.outlivesSession && !isWaiting(lock);
  for (const lock of owned.filter(isKept)) lock.session = undefined;
  for (const session of ending.filter(({ isAttached }) => isAttached)) {
    for (const lock of waitersOf(state, session)) tell(state, lock, rejected("session_ended", ""));
  }
  end(
    state,
    owned.filter((lock) => !isKept(lock)),
    at,
  );
  endTasks(state, ending);
}

/** The session hears why before its waiters do. */
export function kick(
  state: ModelState,
  { at, command }: Entry<KickSession>,
): RejectionCode | undefined {
  const { target, request } = command;
  const ending = state.sessions.filter(({ session }) => session === target);
  if (ending.length === 0) return "not_found";
  tell(state, command, { type: "session_closed" });
  tell(state, { session: target, request }, { type: "session_kicked" });
  endSessions(state, ending, at);
  return undefined;
}

/** The node lost its connections; its clients could not renew, and could not be heard, while it was down. */
export function start(state: ModelState, { at, command }: Entry<Start>): void {
  const { node, restartGraceMs } = command;
  for (const lock of state.locks.filter((other) => other.node === node)) {
    if (isWaiting(lock) || lock.deadline === undefined || lock.leaseMs === undefined) continue;
    lock.deadline = later(lock.deadline, after(at, Math.min(lock.leaseMs, restartGraceMs)));
  }
  const here = state.sessions.filter((session) => session.node === node);
  end(
    state,
    here.flatMap((session) => waitersOf(state, session)),
    at,
  );
  endPulls(state, here);
  const isOver = (session: ModelSession): boolean => {
    const { life, endsAt } = session;
    if (life.type === "connection") {
      if (!session.isAttached) return ownsNothing(state, session);
      return isOverAfter(state, session, at, life.restartGraceMs ?? restartGraceMs);
    }
    const protectedUntil = after(at, Math.min(life.idleMs, restartGraceMs));
    session.endsAt = later(endsAt ?? protectedUntil, protectedUntil);
    return false;
  };
  endSessions(state, here.filter(isOver), at);
}

/** Without its connection a session that owns nothing, or has no grace, is over at once. */
function isOverAfter(
  state: ModelState,
  session: ModelSession,
  at: TimeMs,
  graceMs: number,
): boolean {
  session.isAttached = false;
  session.endsAt = after(at, graceMs);
  return graceMs === 0 || ownsNothing(state, session);
}

function ownsNothing(state: ModelState, { session }: ModelSession): boolean {
  return locksOf(state, session).length === 0 && !hasTasks(state, session);
}

function waitersOf(state: ModelState, { session }: ModelSession): readonly ModelLock[] {
  return locksOf(state, session).filter(isWaiting);
}

function locksOf(state: ModelState, session: SessionId): readonly ModelLock[] {
  return state.locks.filter((lock) => lock.session === session);
}

function isWaiting(lock: ModelLock): boolean {
  return lock.token === undefined;
}

function later(a: TimeMs, b: TimeMs): TimeMs {
  return a > b ? a : b;
}
