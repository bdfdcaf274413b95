/** The operators' requests about users, with their errors. */
import type { Logger } from "pino";
import type { UserChange, UserList } from "../../core/command.ts";
import type { JsonText, UserName } from "../../core/ids.ts";
import { membersOf } from "../../core/json-members.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { User } from "../../core/users/state.ts";
import type { Passwords } from "../identity/passwords.ts";
import type { Replica } from "../replica.ts";
import type { Timekeeper } from "../timekeeper.ts";
import { AdminError } from "./error.ts";
import {
  type BodyFields,
  fieldsOf,
  flagField,
  operatorField,
  requiredText,
  textField,
} from "./fields.ts";
import type { Operator } from "./operator.ts";
import type { AdminRequest } from "./socket.ts";

export interface UserHandlersOptions {
  readonly replica: Replica;
  readonly timekeeper: Pick<Timekeeper, "now">;
  readonly logger: Logger;
  readonly passwords: Pick<Passwords, "recordOf">;
  /** Makes a password for who gives none. */
  newSecret(): string;
}

export interface UserHandlers {
  list(request: AdminRequest): Promise<unknown>;
  create(request: AdminRequest): Promise<unknown>;
  delete(request: AdminRequest): Promise<unknown>;
  rename(request: AdminRequest): Promise<unknown>;
  password(request: AdminRequest): Promise<unknown>;
  change(request: AdminRequest): Promise<unknown>;
}

export function createUserHandlers(options: UserHandlersOptions, operator: Operator): UserHandlers {
  const { timekeeper, logger, passwords, newSecret } = options;
  const { users } = options.replica.state;

  function done(by: string, user: string, what: string): void {
    logger.warn({ by, via: "admin socket", user }, `an operator ${what} a user`);
  }

  async function list({ query }: AdminRequest): Promise<unknown> {
    const prefix = query.get("prefix") ?? "";
    const all = [...users.byName.values()].filter(({ name }) => isBelow(prefix, name));
    all.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { now: timekeeper.now(), users: all.map(shown) };
  }

  /** A password that the operator has not given appears in this answer and nowhere else. */
  async function create({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const user = userField(fields, "user");
    const given = passwordField(fields);
    const password = given ?? newSecret();
    const record = await passwords.recordOf(password);
    const outcome = await operator.ask({ type: "create_user", user, password: record, by });
    if (outcome.type === "rejected") throw refused(outcome);
    done(by, user, "created");
    return { created: true, user, ...(given === undefined && { password }) };
  }

  async function remove({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const user = userField(fields, "user");
    const outcome = await operator.ask({ type: "delete_user", user, by });
    if (outcome.type === "rejected") throw refused(outcome);
    done(by, user, "deleted");
    return { deleted: true, user };
  }

  async function rename({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const user = userField(fields, "user");
    const newName = userField(fields, "newName");
    const outcome = await operator.ask({ type: "rename_user", user, newName, by });
    if (outcome.type === "rejected") throw refused(outcome);
    done(by, user, "renamed");
    return { renamed: true, user: newName };
  }

  async function password({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const user = userField(fields, "user");
    const given = passwordField(fields);
    const made = given ?? newSecret();
    const change = { type: "set_password", password: await passwords.recordOf(made) } as const;
    await ask(by, user, change);
    return { changed: true, user, ...(given === undefined && { password: made }) };
  }

  async function change({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    await ask(operatorField(fields), userField(fields, "user"), changeField(fields));
    return { changed: true };
  }

  async function ask(by: string, user: UserName, made: UserChange): Promise<void> {
    const outcome = await operator.ask({ type: "change_user", user, change: made, by });
    if (outcome.type === "rejected") throw refused(outcome);
    done(by, user, "changed");
  }

  return { list, create, delete: remove, rename, password, change };
}

/** As an operator sees a user: without its password. */
export interface ListedUser extends Omit<User, "password" | "tags" | "account"> {
  readonly tags: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function shown({ password: _, account: __, tags, ...user }: User): ListedUser {
  const prefixes = Array.from(tags, ([prefix, names]) => {
    const values = Array.from(names, ([name, value]) => [name, JSON.parse(value)] as const);
    return [prefix, Object.fromEntries(values)] as const;
  });
  return { ...user, tags: Object.fromEntries(prefixes) };
}

function isBelow(prefix: string, name: string): boolean {
  return prefix === "" || name === prefix || name.startsWith(`${prefix}.`);
}

function userField(fields: BodyFields, name: string): UserName {
  return requiredText(fields, name).toLowerCase() as UserName;
}

function passwordField(fields: BodyFields): string | undefined {
  const password = textField(fields, "password");
  if (password === "") throw badRequest("the password is empty");
  return password;
}

const lists: readonly string[] = ["templates", "whitelist", "blacklist"] satisfies UserList[];

/** What the operator wants to change: the member `change`, by its type. */
function changeField(fields: BodyFields): UserChange {
  const change = fieldsOf(fields.change);
  const type = requiredText(change, "type");
  switch (type) {
    case "set_tags":
    case "delete_tags": {
      const prefix = requiredText(change, "prefix").toLowerCase();
      const members = membersOf(JSON.stringify(fieldsOf(change.tags)) as JsonText) ?? new Map();
      if (type === "set_tags") return { type, prefix, tags: [...members] };
      return { type, prefix, names: [...members.keys()] };
    }
    case "add":
    case "remove": {
      const list = requiredText(change, "list");
      if (!lists.includes(list)) throw badRequest(`list must be one of ${lists.join(", ")}`);
      return { type, list: list as UserList, item: requiredText(change, "item") };
    }
    case "set_sessions_max": {
      const { sessionsMax } = change;
      if (Number.isSafeInteger(sessionsMax)) return { type, sessionsMax: Number(sessionsMax) };
      throw badRequest("sessionsMax must be a whole number");
    }
    case "set_disabled":
      return { type, isDisabled: flagField(change, "isDisabled") };
    default:
      throw badRequest(`there is no change of the type ${type}`);
  }
}

function badRequest(message: string): AdminError {
  return new AdminError(400, "bad_request", message);
}

function refused({ code, reason }: Rejection): AdminError {
  switch (code) {
    case "not_found":
      return new AdminError(404, "not_found", "a user by that name does not exist");
    case "already_exists":
    case "limit_exceeded":
      return new AdminError(409, code, reason);
    default:
      return badRequest(reason);
  }
}
