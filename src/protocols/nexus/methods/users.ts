import type { ChangeUser, TagList, UserChange, UserList } from "../../../core/command.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { JsonText, UserName } from "../../../core/ids.ts";
import { elementsOf, membersOf, stringIn } from "../../../core/json-members.ts";
import { isLongerThan } from "../../../core/limits.ts";
import { userNameFault, withoutFinalDots } from "../../../core/users/names.ts";
import type { User } from "../../../core/users/state.ts";
import { isTrue, rootPrefix, tagAt, tagsAt, tagsWithTemplates } from "../../../core/users/tags.ts";
import { type Answer, type Doing, failure, job, result } from "../doing.ts";
import { jsonOf, objectOf, ok, tagsShown, timeShown } from "../encode.ts";
import { rpcError } from "../errors.ts";
import { booleanIn, integerIn, type Params } from "../params.ts";
import type { NexusTalk } from "../talk.ts";
import { count, type Listed, list } from "./listing.ts";
import { denied, may, rejection, textOf, wrong } from "./reading.ts";

const passwordBytesMin = 4;
const passwordBytesMax = 500;

const allUsers: Listed<User> = {
  things: ({ options }) => [...options.state.users.byName.values()],
  nameOf: ({ name }) => name,
  shown: userShown,
};

export const userMethods = {
  "user.create": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined || userNameFault(user) !== undefined) return wrong("user");
    const password = passwordIn(params);
    if (password === undefined) return wrong("pass");
    if (!may(talk, "user.create", user)) return denied;
    return job(
      () => talk.options.recordOf(password),
      (record) => ({
        type: "command",
        command: { type: "create_user", user, password: record, by: talk.login.user },
        needsSession: false,
        next: answerOfUser,
      }),
    );
  },
  "user.delete": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    if (!may(talk, "user.delete", user)) return denied;
    const command = { type: "delete_user", user, by: talk.login.user } as const;
    return { type: "command", command, needsSession: false, next: answerOfUser };
  },
  "user.rename": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const newName = userIn(params, "new");
    if (newName === undefined || userNameFault(newName) !== undefined) return wrong("new");
    const mayRename = may(talk, "user.rename", user) && may(talk, "user.rename", newName);
    if (!mayRename) return denied;
    const command = { type: "rename_user", user, newName, by: talk.login.user } as const;
    return { type: "command", command, needsSession: false, next: answerOfUser };
  },
  "user.setTags": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const prefix = tagPrefixIn(params);
    if (prefix === undefined) return wrong("prefix");
    const given = params.members.get("tags");
    const members = given === undefined ? undefined : membersOf(given);
    if (members === undefined) return wrong("tags");
    if (!may(talk, "user.setTags", prefix)) return denied;
    const tags: TagList = Array.from(members, ([name, value]) => [name.toWellFormed(), value]);
    return change(talk, user, { type: "set_tags", prefix, tags });
  },
  "user.delTags": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const prefix = tagPrefixIn(params);
    if (prefix === undefined) return wrong("prefix");
    const names = namesIn(params.members.get("tags"));
    if (names === undefined) return wrong("tags");
    if (!may(talk, "user.delTags", prefix)) return denied;
    return change(talk, user, { type: "delete_tags", prefix, names });
  },
  "user.getTags": (talk: NexusTalk, params: Params): Doing => {
    const user = readableUser(talk, params, "user.getTags");
    if ("type" in user) return user;
    const tags = tagsWithTemplates(talk.options.state.users, user);
    return result(objectOf([["tags", tagsShown(tags)]]));
  },
  "user.getEffectiveTags": (talk: NexusTalk, params: Params): Doing => {
    const user = readableUser(talk, params, "user.getEffectiveTags");
    if ("type" in user) return user;
    const tags = tagsWithTemplates(talk.options.state.users, user);
    const prefix = textOf(params, "prefix")?.toLowerCase() ?? "";
    return result(objectOf([["tags", objectOf(tagsAt(tags, prefix))]]));
  },
  "user.setPass": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const password = passwordIn(params);
    if (password === undefined) return wrong("pass");
    if (!maySetPassword(talk, user)) return denied;
    return job(
      () => talk.options.recordOf(password),
      (record) => change(talk, user, { type: "set_password", password: record }),
    );
  },
  "user.addTemplate": (talk: NexusTalk, params: Params): Doing =>
    changeTemplates(talk, params, { method: "user.addTemplate", type: "add" }),
  "user.delTemplate": (talk: NexusTalk, params: Params): Doing =>
    changeTemplates(talk, params, { method: "user.delTemplate", type: "remove" }),
  "user.addWhitelist": changeAddresses("user.addWhitelist", "add", "whitelist"),
  "user.delWhitelist": changeAddresses("user.delWhitelist", "remove", "whitelist"),
  "user.addBlacklist": changeAddresses("user.addBlacklist", "add", "blacklist"),
  "user.delBlacklist": changeAddresses("user.delBlacklist", "remove", "blacklist"),
  "user.setMaxSessions": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const sessionsMax = integerIn(params.members.get("maxsessions"));
    if (sessionsMax === undefined) return wrong("maxsessions");
    if (!may(talk, "user.setMaxSessions", user)) return denied;
    return change(talk, user, { type: "set_sessions_max", sessionsMax });
  },
  "user.setDisabled": (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const isDisabled = booleanIn(params.members.get("disabled"));
    if (isDisabled === undefined) return wrong("disabled");
    if (!may(talk, "user.setDisabled", user)) return denied;
    return change(talk, user, { type: "set_disabled", isDisabled });
  },
  "user.list": list(allUsers, "user.list"),
  "user.count": count(allUsers, "user.count"),
};

function changeTemplates(
  talk: NexusTalk,
  params: Params,
  { method, type }: { readonly method: string; readonly type: "add" | "remove" },
): Doing {
  const user = userIn(params, "user");
  if (user === undefined) return wrong("user");
  const item = textOf(params, "template");
  if (item === undefined || item === "") return wrong("template");
  const mayChange = may(talk, method, user) && may(talk, "user.useTemplate", item);
  return mayChange ? change(talk, user, { type, list: "templates", item }) : denied;
}

function changeAddresses(
  method: string,
  type: "add" | "remove",
  list: Exclude<UserList, "templates">,
) {
  return (talk: NexusTalk, params: Params): Doing => {
    const user = userIn(params, "user");
    if (user === undefined) return wrong("user");
    const item = textOf(params, "ip");
    if (item === undefined || item === "") return wrong("ip");
    if (!may(talk, method, user)) return denied;
    return change(talk, user, { type, list, item }, "ip");
  };
}

/** `parameter`: what is wrong where the core says that the change is. */
function change(talk: NexusTalk, user: UserName, made: UserChange, parameter?: string): Doing {
  const command: Omit<ChangeUser, "session" | "request"> = {
    type: "change_user",
    user,
    change: made,
    by: talk.login.user,
  };
  return {
    type: "command",
    command,
    needsSession: false,
    next: (outcome) =>
      outcome.type === "rejected" && outcome.code === "invalid_argument"
        ? wrong(parameter)
        : answerOfUser(outcome),
  };
}

function answerOfUser(outcome: Outcome): Answer {
  if (outcome.type !== "rejected") return result(ok);
  switch (outcome.code) {
    case "not_found":
      return failure(rpcError("invalid_user"));
    case "already_exists":
      return failure(rpcError("user_exists"));
    default:
      return rejection(outcome);
  }
}

/** Without the tag a user may change its own password; a tag that is false forbids it. */
function maySetPassword(talk: NexusTalk, user: UserName): boolean {
  if (may(talk, "user.setPass", user)) return true;
  const { login } = talk;
  if (login.account === undefined || login.user !== user) return false;
  const tag = tagAt(login.tags, user, "@user.setPass");
  return tag === undefined || isTrue(tag);
}

/** The user whose tags the login may read, or the error. */
function readableUser(talk: NexusTalk, params: Params, method: string): User | Answer {
  const name = userIn(params, "user");
  if (name === undefined) return wrong("user");
  const { login, options } = talk;
  const isOwn = login.account !== undefined && login.user === name;
  if (!isOwn && !may(talk, method, name)) return denied;
  return options.state.users.byName.get(name) ?? wrong();
}

function userIn(params: Params, parameter: string): UserName | undefined {
  const name = textOf(params, parameter)?.toLowerCase();
  return name === undefined || name === "" ? undefined : (name as UserName);
}

function passwordIn(params: Params): string | undefined {
  const password = textOf(params, "pass");
  if (password === undefined || !isLongerThan(password, passwordBytesMin - 1)) return undefined;
  return isLongerThan(password, passwordBytesMax) ? undefined : password;
}

/** In lower case, without the dots at its end; the root is a dot. */
function tagPrefixIn(params: Params): string | undefined {
  const prefix = textOf(params, "prefix")?.toLowerCase();
  if (prefix === undefined || prefix === rootPrefix) return prefix;
  return withoutFinalDots(prefix);
}

/** The names in an array, or those of the members of an object. */
function namesIn(value: JsonText | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const members = membersOf(value);
  if (members !== undefined) return [...members.keys()];
  const names = elementsOf(value)?.map(stringIn);
  return names?.every((name) => name !== undefined) ? (names as readonly string[]) : undefined;
}

/** Without what nobody should see of it. */
function userShown({ options }: NexusTalk, user: User): JsonText {
  const { name, tags, templates, whitelist, blacklist, sessionsMax, isDisabled, createdAt } = user;
  return objectOf([
    ["user", jsonOf(name)],
    ["tags", tagsShown(tags)],
    ["templates", jsonOf(templates)],
    ["whitelist", jsonOf(whitelist)],
    ["blacklist", jsonOf(blacklist)],
    ["maxsessions", jsonOf(sessionsMax)],
    ["disabled", jsonOf(isDisabled)],
    ["createdAt", timeShown(options.wallMsOf(createdAt))],
  ]);
}
