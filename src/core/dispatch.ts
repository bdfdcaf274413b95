import { createApiToken, revokeApiToken } from "./api-tokens/api-tokens.ts";
import type { Command, CommandFrom, Release } from "./command.ts";
import { acquire } from "./locks/acquire.ts";
import { collect } from "./locks/idle.ts";
import { release, revoke } from "./locks/release.ts";
import { renew } from "./locks/renew.ts";
import { setLimits } from "./nodes/limits.ts";
import { endOverdue } from "./overdue.ts";
import { rejected } from "./rejection.ts";
import * as sessions from "./sessions/sessions.ts";
import type { Session } from "./sessions/state.ts";
import { reply, type Turn } from "./state.ts";
import { pull, push } from "./tasks/push.ts";
import { cancel, finish, reject } from "./tasks/settle.ts";
import { unreachable } from "./unreachable.ts";
import { logIn, reloadLogin } from "./users/login.ts";
import { changeUser, createUser, deleteUser, renameUser } from "./users/users.ts";

/** Performs the command, whose primitive answers it. */
export function perform(turn: Turn, command: Command): void {
  switch (command.type) {
    // `apply` performs these two before anything else.
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
    case "push_task":
      forSession(turn, command, push);
      break;
    case "pull_task":
      forSession(turn, command, pull);
      break;
    case "finish_task":
      sessions.liveSession(turn, command.session);
      finish(turn, command);
      break;
    case "reject_task":
      sessions.liveSession(turn, command.session);
      reject(turn, command);
      break;
    case "cancel_task":
      cancel(turn, sessions.liveSession(turn, command.session), command);
      break;
    case "create_api_token":
      createApiToken(turn, command);
      break;
    case "revoke_api_token":
      revokeApiToken(turn, command);
      break;
    case "create_user":
      createUser(turn, command);
      break;
    case "delete_user":
      deleteUser(turn, command);
      break;
    case "rename_user":
      renameUser(turn, command);
      break;
    case "change_user":
      changeUser(turn, command);
      break;
    case "log_in":
      forSession(turn, command, logIn);
      break;
    case "reload_login": {
      const session = turn.state.sessions.open.get(command.target);
      if (session === undefined) reply(turn, command, sessions.noSuchSession);
      else reloadLogin(turn, session, command);
      break;
    }
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

export const sessionEnded = rejected("session_ended", "the session is over, or never was");
