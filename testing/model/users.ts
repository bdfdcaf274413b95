import type {
  ChangeUser,
  CreateUser,
  DeleteUser,
  Entry,
  LogIn,
  ReloadLogin,
  RenameUser,
  TagList,
  UserChange,
} from "../../src/core/command.ts";
import { loginBytes, userBytes } from "../../src/core/costs.ts";
import type { JsonText, LogIndex, TimeMs, UserName } from "../../src/core/ids.ts";
import { userBytesMax, usersMax } from "../../src/core/limits.ts";
import type { RejectionCode } from "../../src/core/rejection.ts";
import { matchesAddress } from "../../src/core/users/address-pattern.ts";
import { hasRoom } from "./budget.ts";
import { type ModelState, tell } from "./state.ts";

/** A user as its tags would be in a table: each in a row with its prefix. */
export interface ModelUser {
  readonly account: LogIndex;
  readonly name: UserName;
  readonly password: string;
  readonly tags: readonly ModelTag[];
  readonly templates: readonly string[];
  readonly whitelist: readonly string[];
  readonly blacklist: readonly string[];
  readonly sessionsMax: number;
  readonly isDisabled: boolean;
}

interface ModelTag {
  readonly prefix: string;
  readonly name: string;
  readonly value: JsonText;
}

export interface ModelLogin {
  readonly account: LogIndex;
  readonly user: UserName;
}

export function createUser(
  state: ModelState,
  { index, at, command }: Entry<CreateUser>,
): RejectionCode | undefined {
  const { user: name, password } = command;
  const lists = { tags: [], templates: [], whitelist: [], blacklist: [] };
  const user = { account: index, name, password, ...lists, sessionsMax: 50, isDisabled: false };
  const code = nameFault(state, name) ?? (state.users.length < usersMax ? undefined : limit);
  if (code !== undefined) return code;
  if (!hasRoom(state, { bytes: modelUserBytes(user), by: "client" }, at)) return limit;
  state.users.push(user);
  tell(state, command, { type: "user_created" });
  return undefined;
}

export function deleteUser(
  state: ModelState,
  { command }: Entry<DeleteUser>,
): RejectionCode | undefined {
  const user = userNamed(state, command.user);
  if (user === undefined) return "not_found";
  state.users = state.users.filter((other) => other !== user);
  tell(state, command, { type: "user_deleted" });
  return undefined;
}

export function renameUser(
  state: ModelState,
  { at, command }: Entry<RenameUser>,
): RejectionCode | undefined {
  const user = userNamed(state, command.user);
  if (user === undefined) return "not_found";
  const { newName: name } = command;
  const code = name === user.name ? undefined : nameFault(state, name);
  if (code !== undefined) return code;
  if (!put(state, user, { ...user, name }, at)) return limit;
  tell(state, command, { type: "user_renamed" });
  return undefined;
}

export function changeUser(
  state: ModelState,
  { at, command }: Entry<ChangeUser>,
): RejectionCode | undefined {
  const user = userNamed(state, command.user);
  if (user === undefined) return "not_found";
  const changed = afterChange(user, command.change);
  if (typeof changed === "string") return changed;
  if (!put(state, user, changed, at)) return limit;
  tell(state, command, { type: "user_changed" });
  return undefined;
}

export function logIn(state: ModelState, { at, command }: Entry<LogIn>): RejectionCode | undefined {
  const session = state.sessions.find((other) => other.session === command.session);
  const prover = userNamed(state, command.user);
  if (session === undefined || prover?.password !== command.password) return denied;
  const { as = prover.name } = command;
  const mayBecome = as === prover.name && command.as === undefined;
  if (!mayBecome && !isAdministrator(state, prover, as)) return denied;
  const user = userNamed(state, as);
  if (user === undefined || user.isDisabled) return denied;
  const { account, name, sessionsMax, whitelist, blacklist } = user;
  const logins = state.sessions.filter(({ login }) => login?.account === account);
  if (sessionsMax > 0 && logins.length + 1 > sessionsMax) return denied;
  const isAmong = (patterns: readonly string[]) =>
    patterns.some((pattern) => matchesAddress(pattern, session.from ?? ""));
  if (!isAmong(whitelist)) {
    if (isAmong(blacklist)) return denied;
    if (command.isWhitelistStrict && whitelist.length > 0) return denied;
  }
  const { address } = session;
  const bytes = loginBytes(name);
  if (!hasRoom(state, { bytes, address, by: "client" }, at)) return limit;
  session.bytes += bytes - (session.login === undefined ? 0 : loginBytes(session.login.user));
  session.login = { account, user: name };
  const tags = mapOf(tagsOf(state, user));
  tell(state, command, { type: "logged_in", user: name, account, tags });
  return undefined;
}

export function reloadLogin(
  state: ModelState,
  { command }: Entry<ReloadLogin>,
): RejectionCode | undefined {
  const { target, request } = command;
  const session = state.sessions.find((other) => other.session === target);
  if (session === undefined) return "not_found";
  tell(state, command, { type: "login_reloaded" });
  const { login } = session;
  const user = state.users.find(({ account }) => account === login?.account);
  if (login === undefined || user === undefined) return undefined;
  const tags = mapOf(tagsOf(state, user));
  tell(state, { session: target, request }, { type: "logged_in", ...login, tags });
  return undefined;
}

export function modelUserBytes(user: ModelUser): number {
  return userBytes({ ...user, tags: mapOf(user.tags) });
}

const limit = "limit_exceeded";
const denied = "permission_denied";

function userNamed({ users }: ModelState, name: string): ModelUser | undefined {
  return users.find((user) => user.name === name);
}

function nameFault(state: ModelState, name: UserName): RejectionCode | undefined {
  if (userNamed(state, name) !== undefined) return "already_exists";
  const bytes = Buffer.byteLength(name);
  const isName = bytes >= 3 && bytes <= 500 && /^[^\s.]+(\.[^\s.]+)*$/u.test(name);
  return isName ? undefined : "invalid_argument";
}

/** Puts the changed user in the place of the user, if there is room for more of it. */
function put(state: ModelState, user: ModelUser, changed: ModelUser, at: TimeMs): boolean {
  const bytes = modelUserBytes(changed);
  const more = bytes - modelUserBytes(user);
  if (more > 0 && bytes > userBytesMax) return false;
  if (more > 0 && !hasRoom(state, { bytes: more, by: "client" }, at)) return false;
  state.users = [...state.users.filter((other) => other !== user), changed];
  return true;
}

function afterChange(user: ModelUser, change: UserChange): ModelUser | RejectionCode {
  switch (change.type) {
    case "set_tags":
      return { ...user, tags: tagsWith(user.tags, change.prefix, change.tags) };
    case "delete_tags": {
      const { prefix, names } = change;
      const isDeleted = (tag: ModelTag) => tag.prefix === prefix && names.includes(tag.name);
      return { ...user, tags: user.tags.filter((tag) => !isDeleted(tag)) };
    }
    case "set_password":
      return { ...user, password: change.password };
    case "add": {
      const { list, item } = change;
      const others = user[list].filter((other) => other !== item);
      if (others.length < user[list].length) return user;
      if (list !== "templates" && !/^[\d.:a-f]+(\/\d+|[.:]\*)?$/.test(item))
        return "invalid_argument";
      return others.length < 256 ? { ...user, [list]: [...others, item] } : limit;
    }
    case "remove":
      return { ...user, [change.list]: user[change.list].filter((item) => item !== change.item) };
    case "set_sessions_max":
      return { ...user, sessionsMax: Math.max(0, change.sessionsMax) };
    case "set_disabled":
      return { ...user, isDisabled: change.isDisabled };
  }
}

function tagsWith(tags: readonly ModelTag[], prefix: string, added: TagList): readonly ModelTag[] {
  let all = tags;
  for (const [name, value] of added) {
    const isThis = (tag: ModelTag) => tag.prefix === prefix && tag.name === name;
    const old = all.find(isThis);
    all = [
      ...all.filter((tag) => !isThis(tag)),
      { prefix, name, value: merged(old?.value, value) },
    ];
  }
  return all;
}

/** What is not merged stays as it is written. */
function merged(old: JsonText | undefined, added: JsonText): JsonText {
  const [a, b]: unknown[] = [JSON.parse(old ?? "null"), JSON.parse(added)];
  return isObject(a) && isObject(b) ? (JSON.stringify(together(a, b)) as JsonText) : added;
}

function together(a: Record<string, unknown>, b: Record<string, unknown>): object {
  const all = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const old = all[name];
    all[name] = isObject(old) && isObject(value) ? together(old, value) : value;
  }
  return all;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every template once, depth first; what comes first counts. */
function tagsOf(state: ModelState, user: ModelUser): readonly ModelTag[] {
  const line: ModelUser[] = [user];
  const seen: string[] = [];
  const visit = ({ templates }: ModelUser): void => {
    for (const name of templates) {
      const template = userNamed(state, name);
      if (template === undefined || seen.includes(name)) continue;
      seen.push(name);
      line.push(template);
      visit(template);
    }
  };
  visit(user);
  const tags = line.flatMap((each) => each.tags);
  return tags.filter(
    ({ prefix, name }, place) =>
      tags.findIndex((tag) => tag.prefix === prefix && tag.name === name) === place,
  );
}

/** Whether `@admin` holds at the path: of all prefixes of it that have the tag, the shortest decides. */
function isAdministrator(state: ModelState, user: ModelUser, path: string): boolean {
  const labels = path.split(".");
  const prefixes = [".", ...labels.map((_, place) => labels.slice(0, place + 1).join("."))];
  const tags = tagsOf(state, user).filter(({ name }) => name === "@admin");
  const values = prefixes.flatMap((prefix) => tags.filter((tag) => tag.prefix === prefix));
  return values[0] !== undefined && ["true", "1", '"1"'].includes(values[0].value);
}

function mapOf(tags: readonly ModelTag[]): Map<string, Map<string, JsonText>> {
  const all = new Map<string, Map<string, JsonText>>();
  for (const { prefix } of tags) all.set(prefix, new Map());
  for (const { prefix, name, value } of tags) all.get(prefix)?.set(name, value);
  return all;
}
