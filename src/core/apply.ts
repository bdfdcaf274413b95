/**
 * The machine. The same entries give the same state and the same effects, in order, on every replica
 * and in every replay: no clock, no random, no I/O.
 */
import { advance } from "./advance.ts";
import { createApiToken, revokeApiToken } from "./api-tokens.ts";
import type { Acquire, Command, Entry, Renew } from "./command.ts";
import type { Effect, Outcome } from "./effect.ts";
import { boundIdle, collect } from "./idle.ts";
import type { TimeMs } from "./ids.ts";
import { acquire, expire, release, tell } from "./locks.ts";
import { kick, revoke } from "./operator.ts";
import { rejected } from "./rejection.ts";
import { renew } from "./renewal.ts";
import * as sessions from "./sessions.ts";
import { later, type Session, type State, type Turn } from "./state.ts";

export { createState, type State } from "./state.ts";

/**
 * Applies the next entry and says what must be told, in order. Everything that happens in an entry
 * happens at its `at`. First ends what should have ended before; a command of the very millisecond
 * of a deadline still comes in time, a `tick` of that millisecond does not spare it.
 */
export function apply(state: State, { index, at, command }: Entry): readonly Effect[] {
  const turn: Turn = { state, index, at, effects: [] };
  state.index = index;
  state.at = at;
  if (command.type === "start") sessions.restart(turn, command);
  // Before anything is granted: what is overdue ends in this very entry, and sets others free.
  if (command.type === "advance") advance(state, command.by);
  endOverdue(turn, later(at, -1));
  perform(turn, command);
  return turn.effects;
}

/** When the next `tick` is due; `undefined` while nothing has a deadline. */
export function nextDeadline(state: State): TimeMs | undefined {
  return state.deadlines[0]?.at;
}

function perform(turn: Turn, command: Command): void {
  switch (command.type) {
    case "start":
      turn.state.limits = command.limits;
      boundIdle(turn);
      return;
    case "advance":
      return;
    case "tick":
      endOverdue(turn, turn.at);
      return;
    case "collect":
      collect(turn, command.idleMs);
      return;
    case "open_session":
      sessions.open(turn, command);
      return;
    case "detach_session":
      sessions.detach(turn, command);
      return;
    case "kick_session":
      kick(turn, command);
      return;
    case "revoke":
      revoke(turn, command);
      return;
    case "create_api_token":
      createApiToken(turn, command);
      return;
    case "revoke_api_token":
      revokeApiToken(turn, command);
      return;
    default:
      performFor(sessions.liveSession(turn, command.session), turn, command);
      return;
  }
}

type SessionCommand = Exclude<
  Command,
  {
    type:
      | "start"
      | "tick"
      | "collect"
      | "advance"
      | "open_session"
      | "detach_session"
      | "kick_session"
      | "revoke"
      | "create_api_token"
      | "revoke_api_token";
  }
>;

function performFor(session: Session | undefined, turn: Turn, command: SessionCommand): void {
  if (session === undefined) {
    performWithoutSession(turn, command);
    return;
  }
  switch (command.type) {
    case "touch_session":
      tell(turn, session, command.request, { type: "session_touched" });
      return;
    case "close_session":
      sessions.close(turn, session, command);
      return;
    case "release":
      release(turn, session, command);
      return;
    case "acquire":
    case "renew":
      tell(turn, session, command.request, outcomeOf(turn, session, command));
      return;
  }
}

/** A key is enough to give back; all else is for those whose session is open. */
function performWithoutSession(turn: Turn, command: SessionCommand): void {
  if (command.type === "release" && command.sessionless === true) {
    release(turn, undefined, command);
    return;
  }
  const outcome = rejected("session_ended", "the session is over, or never was");
  turn.effects.push({ session: command.session, request: command.request, outcome });
}

function outcomeOf(turn: Turn, session: Session, command: Acquire | Renew): Outcome {
  return command.type === "acquire"
    ? acquire(turn, session, command)
    : renew(turn, session, command);
}

/** Ends, one after another, what has its deadline not after `until`. */
function endOverdue(turn: Turn, until: TimeMs): void {
  const { deadlines } = turn.state;
  for (let next = deadlines[0]; next !== undefined && next.at <= until; next = deadlines[0]) {
    const { subject } = next;
    if (subject.type === "session") sessions.end(turn, [subject]);
    else expire(turn, subject);
  }
}
