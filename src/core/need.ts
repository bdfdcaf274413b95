/**
 * Which commands a full disk must store. Its reserve is small, and clients decide how often they send a command: one
 * that names nothing must not use it up.
 */

import { noSuchApiToken } from "./api-tokens/api-tokens.ts";
import type { Command, Release, Renew } from "./command.ts";
import { sessionEnded } from "./dispatch.ts";
import type { Outcome } from "./effect.ts";
import type { SessionId, TimeMs } from "./ids.ts";
import { lockWith, noSuchToken } from "./locks/release.ts";
import { lockToRenew } from "./locks/renew.ts";
import { findLock } from "./locks/target.ts";
import { isTickDue } from "./overdue.ts";
import { isRejection, type Rejection } from "./rejection.ts";
import { noSuchSession } from "./sessions/sessions.ts";
import type { Session } from "./sessions/state.ts";
import type { State } from "./state.ts";
import { cancelTargets, taskToSettle } from "./tasks/settle.ts";
import { unreachable } from "./unreachable.ts";
import { noSuchUser } from "./users/users.ts";

export type Need =
  | { readonly type: "needed" }
  /**
   * The command would change nothing but the index, the time, and when a name or session was last used. The outcome is
   * the one that it would have; `undefined` if nobody waits for one.
   */
  | { readonly type: "needless"; readonly outcome: Outcome | undefined };

/** A full disk stores so many signs of life of a session in its idle time. */
const touchesPerIdleTime = 4;

/** Whether the command, applied at `at`, must be stored. Nothing must be due before `at`. */
export function needOf(state: State, command: Command, at: TimeMs): Need {
  switch (command.type) {
    case "start":
    case "set_limits":
    case "advance":
    case "collect":
    case "open_session":
    case "acquire":
    case "push_task":
    case "pull_task":
    case "create_api_token":
    case "create_user":
    case "rename_user":
    case "change_user":
    case "log_in":
      return needed;
    case "tick":
      return isTickDue(state, at) ? needed : needless(undefined);
    case "detach_session":
      return needOfDetach(sessionOf(state, command.session));
    case "touch_session":
      return needOfTouch(sessionOf(state, command.session), at);
    case "close_session":
      return sessionOf(state, command.session) === undefined ? needless(sessionEnded) : needed;
    case "kick_session":
    case "reload_login":
      return sessionOf(state, command.target) === undefined ? needless(noSuchSession) : needed;
    case "release":
      return needOfRelease(state, sessionOf(state, command.session), command);
    case "renew":
      return needOfRenewal(state, sessionOf(state, command.session), command);
    case "revoke":
      return lockWith(state, command.token) === undefined ? needless(noSuchToken) : needed;
    case "finish_task":
    case "reject_task":
      return unlessRejected(taskToSettle(state, command));
    case "cancel_task":
      return unlessRejected(cancelTargets(state, sessionOf(state, command.session), command));
    case "revoke_api_token":
      return state.apiTokens.has(command.token) ? needed : needless(noSuchApiToken);
    case "delete_user":
      return state.users.byName.has(command.user) ? needed : needless(noSuchUser);
    default:
      return unreachable(command);
  }
}

function needOfDetach(session: Session | undefined): Need {
  const isBound = session?.life.type === "connection" && session.isAttached;
  return isBound ? needed : needless(undefined);
}

function needOfTouch(session: Session | undefined, at: TimeMs): Need {
  if (session === undefined) return needless(sessionEnded);
  const { life, deadline } = session;
  const touched = needless({ type: "session_touched" });
  if (life.type !== "idle" || deadline === undefined) return touched;
  const passedMs = life.idleMs - (deadline.at - at);
  return passedMs < life.idleMs / touchesPerIdleTime ? touched : needed;
}

function needOfRelease(state: State, session: Session | undefined, command: Release): Need {
  if (session === undefined && !command.sessionless) return needless(sessionEnded);
  return unlessRejected(findLock(state, session, command.target));
}

function needOfRenewal(state: State, session: Session | undefined, command: Renew): Need {
  if (session === undefined) return needless(sessionEnded);
  return unlessRejected(lockToRenew(state, session, command));
}

function unlessRejected(found: object | Rejection): Need {
  return isRejection(found) ? needless(found) : needed;
}

function sessionOf({ sessions }: State, id: SessionId): Session | undefined {
  return sessions.open.get(id);
}

function needless(outcome: Outcome | undefined): Need {
  return { type: "needless", outcome };
}

const needed: Need = { type: "needed" };
