/** Logging in: which sessions have the rights of which user. */
import { budgetFault } from "../budget.ts";
import { loginBytes } from "../costs.ts";
import type { SessionId } from "../ids.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { charge, discharge, type Share } from "../shares.ts";
import { notify, reply, type State, type Turn } from "../state.ts";
import { matchesAddress } from "./address-pattern.ts";
import type { LogIn, ReloadLogin } from "./commands.ts";
import type { Login, User, Users } from "./state.ts";
import { allows, tagsWithTemplates } from "./tags.ts";

/** What can be logged in: a session. */
export interface LogsIn {
  readonly origin: { readonly address?: string };
  readonly share: Share | undefined;
  login: Login | undefined;
}

/** Without success the session stays what it was. */
export function logIn(turn: Turn, session: LogsIn, command: LogIn): void {
  const { state } = turn;
  const user = userFor(state.users, command);
  const fault =
    user === undefined
      ? denied
      : (limitFault(state.users, user, session, command) ??
        budgetFault(turn, session.share, loginBytes(user.name)));
  if (user === undefined || fault !== undefined) {
    reply(turn, command, fault ?? denied);
    return;
  }
  const { account, name } = user;
  endLogin(state, session);
  beginLogin(state, session, { account, user: name });
  const tags = tagsWithTemplates(state.users, user);
  reply(turn, command, { type: "logged_in", user: name, account, tags });
  const action = { type: "logged_in", user, tags } as const;
  turn.notices.push({ type: "user_action", user: name, by: command.user, action });
}

/** The session is told as if it had logged in again; one whose account is closed knows that already. */
export function reloadLogin(
  turn: Turn,
  { id, login }: LogsIn & { readonly id: SessionId },
  command: ReloadLogin,
): void {
  const { users } = turn.state;
  const user = login === undefined ? undefined : users.byAccount.get(login.account);
  reply(turn, command, { type: "login_reloaded" });
  if (login === undefined || user === undefined) return;
  const tags = tagsWithTemplates(users, user);
  notify(turn, id, command, { type: "logged_in", ...login, tags });
}

/** Gives the session a login that is new, or that a snapshot has kept. */
export function beginLogin({ users, holdings }: State, session: LogsIn, login: Login): void {
  session.login = login;
  users.logins.set(login.account, loginsOf(users, login.account) + 1);
  charge(holdings, session.share, loginBytes(login.user));
}

/** Undoes `beginLogin`, if there was one. */
export function endLogin({ users, holdings }: State, session: LogsIn): void {
  const { login, share } = session;
  if (login === undefined) return;
  session.login = undefined;
  const left = loginsOf(users, login.account) - 1;
  if (left > 0) users.logins.set(login.account, left);
  else users.logins.delete(login.account);
  discharge(holdings, share, loginBytes(login.user));
}

/** Sessions that are logged in to the account. */
export function loginsOf({ logins }: Users, account: Login["account"]): number {
  return logins.get(account) ?? 0;
}

/** The user whose rights the session would have; `undefined` for credentials that are wrong, or not enough. */
function userFor(users: Users, { user: name, password, as }: LogIn): User | undefined {
  const user = users.byName.get(name);
  if (user?.password !== password) return undefined;
  if (as === undefined) return user;
  return allows(tagsWithTemplates(users, user), "admin", as) ? users.byName.get(as) : undefined;
}

function limitFault(
  users: Users,
  { account, isDisabled, sessionsMax, whitelist, blacklist }: User,
  { origin: { address = "" } }: LogsIn,
  { isWhitelistStrict }: LogIn,
): Rejection | undefined {
  if (isDisabled) return denied;
  // A session that logs in again counts, too.
  if (sessionsMax > 0 && loginsOf(users, account) >= sessionsMax) return denied;
  const isAmong = (patterns: readonly string[]) =>
    patterns.some((pattern) => matchesAddress(pattern, address));
  if (isAmong(whitelist)) return undefined;
  const isOutside = isWhitelistStrict && whitelist.length > 0;
  return isOutside || isAmong(blacklist) ? denied : undefined;
}

/** The same for whatever reason, so that nobody learns which users there are. */
const denied = rejected("permission_denied", "the login was refused");
