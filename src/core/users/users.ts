/** Users: each has a password, and tags that say what it may do. */
import { budgetFault } from "../budget.ts";
import { userBytes } from "../costs.ts";
import { userBytesMax, usersMax } from "../limits.ts";
import { isRejection, type Rejection, rejected } from "../rejection.ts";
import { charge, discharge } from "../shares.ts";
import { reply, type State, type Turn } from "../state.ts";
import { changed } from "./changes.ts";
import type { ChangeUser, CreateUser, DeleteUser, RenameUser } from "./commands.ts";
import { userNameFault } from "./names.ts";
import type { UserAction } from "./notices.ts";
import type { UserOutcome } from "./outcomes.ts";
import type { User } from "./state.ts";

/** Sessions that may be logged in as a new user at once. */
const sessionsMaxDefault = 50;

export function createUser(turn: Turn, command: CreateUser): void {
  const { user: name, password } = command;
  const user: User = {
    account: turn.index,
    name,
    password,
    tags: new Map(),
    templates: [],
    whitelist: [],
    blacklist: [],
    sessionsMax: sessionsMaxDefault,
    isDisabled: false,
    createdAt: turn.at,
  };
  const fault = place(turn, user);
  reply(turn, command, fault ?? { type: "user_created" });
  if (fault === undefined) notice(turn, command, { type: "created" });
}

export function deleteUser(turn: Turn, command: DeleteUser): void {
  const user = turn.state.users.byName.get(command.user);
  if (user !== undefined) remove(turn.state, user);
  reply(turn, command, user === undefined ? noSuchUser : { type: "user_deleted" });
  if (user === undefined) return;
  turn.notices.push({ type: "account_closed", account: user.account });
  notice(turn, command, { type: "deleted" });
}

export function renameUser(turn: Turn, command: RenameUser): void {
  reply(turn, command, renamed(turn, command));
}

function renamed(turn: Turn, { user: name, newName }: RenameUser): UserOutcome | Rejection {
  const user = turn.state.users.byName.get(name);
  if (user === undefined) return noSuchUser;
  return place(turn, { ...user, name: newName }, user) ?? { type: "user_renamed" };
}

export function changeUser(turn: Turn, command: ChangeUser): void {
  reply(turn, command, afterChange(turn, command));
}

function afterChange(turn: Turn, command: ChangeUser): UserOutcome | Rejection {
  const { user: name, change } = command;
  const user = turn.state.users.byName.get(name);
  if (user === undefined) return noSuchUser;
  const next = changed(user, change);
  if (isRejection(next)) return next;
  const fault = place(turn, next, user);
  if (fault !== undefined) return fault;
  if (next.isDisabled) turn.notices.push({ type: "account_closed", account: user.account });
  notice(turn, command, { type: "changed", change, user: next });
  return { type: "user_changed" };
}

function notice(
  turn: Turn,
  { user, by }: CreateUser | DeleteUser | ChangeUser,
  action: UserAction,
): void {
  turn.notices.push({ type: "user_action", user, by, action });
}

/** Adds a user that is new, or that a snapshot has kept. */
export function addUser({ users, holdings }: State, user: User): void {
  users.byName.set(user.name, user);
  users.byAccount.set(user.account, user);
  charge(holdings, undefined, userBytes(user));
}

export const noSuchUser = rejected("not_found", "there is no such user");

/** Puts the user into the state, in the place of the one that it was, unless something is against that. */
function place(turn: Turn, user: User, before?: User): Rejection | undefined {
  const { state } = turn;
  const fault =
    (user.name === before?.name ? undefined : nameFault(state, user)) ??
    (before === undefined ? countFault(state) : undefined) ??
    sizeFault(turn, user, before);
  if (fault !== undefined) return fault;
  if (before !== undefined) remove(state, before);
  addUser(state, user);
  return undefined;
}

function remove({ users, holdings }: State, user: User): void {
  users.byName.delete(user.name);
  users.byAccount.delete(user.account);
  discharge(holdings, undefined, userBytes(user));
}

function nameFault({ users }: State, { name }: User): Rejection | undefined {
  const isTaken = users.byName.has(name);
  return isTaken ? rejected("already_exists", "a user of that name exists") : userNameFault(name);
}

function countFault({ users }: State): Rejection | undefined {
  if (users.byName.size < usersMax) return undefined;
  return rejected("limit_exceeded", `there are at most ${usersMax} users`);
}

function sizeFault(turn: Turn, user: User, before: User | undefined): Rejection | undefined {
  const bytes = userBytes(user);
  const more = bytes - (before === undefined ? 0 : userBytes(before));
  if (more <= 0) return undefined;
  if (bytes <= userBytesMax) return budgetFault(turn, undefined, more);
  return rejected("limit_exceeded", `a user has at most ${userBytesMax} bytes of tags and lists`);
}
