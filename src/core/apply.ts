/**
 * The machine. The same entries give the same state and the same effects, in order, on every replica
 * and in every replay: no clock, no random, no I/O.
 */
import { createApiToken, revokeApiToken } from "./api-tokens/api-tokens.ts";
import type { Command, CommandFrom, Entry, Release } from "./command.ts";
import type { Effect } from "./effect.ts";
import type { TimeMs } from "./ids.ts";
import { acquire } from "./locks/acquire.ts";
import { collect } from "./locks/idle.ts";
import { release, revoke } from "./locks/release.ts";
import { renew } from "./locks/renew.ts";
import { expire } from "./locks/requests.ts";
import { advance } from "./nodes/advance.ts";
import { setLimits } from "./nodes/limits.ts";
import { restart } from "./nodes/restart.ts";
import { rejected } from "./rejection.ts";
import * as sessions from "./sessions/sessions.ts";
import type { Session } from "./sessions/state.ts";
import { later, reply, type State, type Turn } from "./state.ts";
import { unreachable } from "./unreachable.ts";

export { createState, type State } from "./state.ts";

/**
 * Applies the next entry and returns what must be sent, in order. Everything that happens in an entry
 * happens at its `at`. First ends what should have ended before; a command of the very millisecond of a
 * deadline still comes in time, a `tick` of that millisecond does not spare it.
 */
export function apply(state: State, { index, at, command }: Entry): readonly Effect[] {
  const turn: Turn = { state, index, at, effects: [] };
  state.index = index;
  state.at = at;
  // Overdue things end in this very entry and set others free: grace and numbers must be right by then.
  if (command.type === "start") restart(turn, command);
  if (command.type === "advance") advance(state, command.by);
  endOverdue(turn, later(at, -1));
  perform(turn, command);
  return turn.effects;
}

/** When the next `tick` is due; `undefined` while nothing has a deadline. */
export function nextDeadline({ sessions: { deadlines }, locks }: State): TimeMs | undefined {
  const session = deadlines[0]?.at;
  const lock = locks.deadlines[0]?.at;
  if (session === undefined || lock === undefined) return session ?? lock;
  return session <= lock ? session : lock;
}

function perform(turn: Turn, command: Command): void {
  switch (command.type) {
    case "start":
    case "advance":
      break;
    case "set_limits":
      setLimits(turn, command);
      break;
    case "tick":
      endOverdue(turn, turn.at);
      break;
    case "collect":
      collect(turn, command);
      break;
    case "open_session":
      sessions.open(turn, command);
      break;
    case "touch_session":
      forSession(turn, command, sessions.touch);
      break;
    case "detach_session":
      sessions.detach(turn, command);
      break;
    case "close_session":
      forSession(turn, command, sessions.close);
      break;
    case "kick_session":
      sessions.kick(turn, command);
      break;
    case "acquire":
      forSession(turn, command, acquire);
      break;
    case "release":
      performRelease(turn, command);
      break;
    case "renew":
      forSession(turn, command, renew);
      break;
    case "revoke":
      revoke(turn, command);
      break;
    case "create_api_token":
      createApiToken(turn, command);
      break;
    case "revoke_api_token":
      revokeApiToken(turn, command);
      break;
    default:
      unreachable(command);
  }
}

/** Performs a command that only an open session can send. */
function forSession<C extends CommandFrom<"session">>(
  turn: Turn,
  command: C,
  performFor: (turn: Turn, session: Session, command: C) => void,
): void {
  const session = sessions.liveSession(turn, command.session);
  if (session === undefined) reply(turn, command, sessionEnded);
  else performFor(turn, session, command);
}

/** A key is enough to release a lock, even where no session is open. */
function performRelease(turn: Turn, command: Release): void {
  const session = sessions.liveSession(turn, command.session);
  if (session === undefined && !command.sessionless) reply(turn, command, sessionEnded);
  else release(turn, session, command);
}

const sessionEnded = rejected("session_ended", "the session is over, or never was");

/** Ends whatever has its deadline at `until` or before: sooner first, then sessions before locks. */
function endOverdue(turn: Turn, until: TimeMs): void {
  const { state } = turn;
  for (let next = nextDeadline(state); next !== undefined && next <= until; ) {
    const [session] = state.sessions.deadlines;
    const [lock] = state.locks.deadlines;
    if (session?.at === next) sessions.endSessions(turn, [session.subject]);
    else if (lock !== undefined) expire(turn, lock.subject);
    next = nextDeadline(state);
  }
}
