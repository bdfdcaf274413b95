/**
 * Hooks: events about users and tasks, for pipes that are subscribed to them (docs/protocols/nexus.md, section 12). They
 * have topics of their own, whose parts a subscription may each leave open:
 *
 *   hook.*   hook.user.*   hook.user|PATH   hook.user|PATH|BY
 */

import type { TaskResult, UserChange, UserList } from "../../core/command.ts";
import type { JsonText, TimeMs } from "../../core/ids.ts";
import type {
  TaskAction,
  TaskActionNotice,
  UserAction,
  UserActionNotice,
} from "../../core/notice.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { User } from "../../core/users/state.ts";
import type { Event, Filter } from "../../fleeting/topics.ts";
import { arrayOf, jsonOf, objectOf, tagsShown, timeShown } from "./encode.ts";
import { filterOf } from "./filters.ts";
import { nullText } from "./request.ts";

export interface Hook {
  readonly event: Event;
  /** Of the pipes that get the event. */
  readonly filters: readonly Filter[];
}

/** A part of a subscription that ends in `.*` fits so many labels of the event, counted from the first, at most. */
const labelsMax = 16;

/** What was done to a user; never with a password. */
export function hookOf({ user, by, action }: UserActionNotice): Hook {
  const payload = objectOf(membersOfAction(action));
  return {
    event: { topic: `hook.user|${user}|${by}`, payload },
    filters: filtersFor("user", user, by.toLowerCase()),
  };
}

/** What happened to a task; its path is the whole name, and it was pushed by its user. */
export function taskHookOf({ task, at, action }: TaskActionNotice, wallMsOf: WallMsOf): Hook {
  const { node, method, user } = task;
  const path = node.path === "." ? method : `${node.path}${method}`;
  const members = membersOfTaskAction(task, action, wallMsOf);
  const stamped =
    action.type === "pushed"
      ? members
      : [...members, ["timestamp", timeShown(wallMsOf(at))] as const];
  return {
    event: { topic: `hook.task|${path}|${user}`, payload: objectOf(stamped) },
    filters: filtersFor("task", path, user.toLowerCase()),
  };
}

type WallMsOf = (at: TimeMs) => number;

function membersOfTaskAction(
  task: TaskActionNotice["task"],
  action: TaskAction,
  wallMsOf: WallMsOf,
): Members {
  const id = ["id", jsonOf(task.name)] as const;
  switch (action.type) {
    case "pushed": {
      const { acceptedAt, until } = task;
      return [
        ["action", jsonOf("push")],
        id,
        ["connid", jsonOf(action.by)],
        ["user", jsonOf(task.user)],
        ["tags", task.tags],
        ["path", jsonOf(task.node.path)],
        ["method", jsonOf(task.method)],
        ["params", task.params],
        ["detach", jsonOf(task.pusher === undefined)],
        ["ttl", jsonOf(action.attempts)],
        ["prio", jsonOf(task.priority)],
        ["creationTime", timeShown(wallMsOf(acceptedAt))],
        ["timeout", jsonOf((until - acceptedAt) / 1000)],
      ];
    }
    case "pulled":
      return [
        ["action", jsonOf("pull")],
        id,
        ["connid", jsonOf(action.by)],
        ["user", jsonOf(action.user)],
        ["ttl", jsonOf(action.attempts)],
      ];
    case "finished":
      return [...membersOfResult(action.result), id];
    default:
      return [["action", jsonOf(taskActionNames[action.type])], id];
  }
}

function membersOfResult(result: TaskResult): Members {
  if (result.type === "value") {
    return [
      ["action", jsonOf("result")],
      ["result", result.value],
    ];
  }
  return [
    ["action", jsonOf("error")],
    ["code", jsonOf(result.code)],
    ["message", jsonOf(result.message)],
    ["data", result.data ?? nullText],
  ];
}

const taskActionNames = {
  rejected: "reject",
  cancelled: "cancel",
  timed_out: "timeout",
  attempts_spent: "ttlExpired",
  pusher_gone: "pusherDisconnect",
  worker_gone: "pullerDisconnect",
} as const satisfies Record<Exclude<TaskAction["type"], "pushed" | "pulled" | "finished">, string>;

function filtersFor(type: string, path: string, by: string): readonly Filter[] {
  const paths = patternsOf(path);
  const users = patternsOf(by);
  const topics = [
    "hook.*",
    `hook.${type}.*`,
    ...paths.flatMap((one) => [
      `hook.${type}|${one}`,
      ...users.map((two) => `hook.${type}|${one}|${two}`),
    ]),
  ];
  return topics.map(filterOf).filter((filter) => filter !== undefined);
}

/** The name, and what is written for it and all that is above it. */
function patternsOf(name: string): readonly string[] {
  const labels = name.split(".").slice(0, labelsMax);
  const above = labels.map((_, count) => `${labels.slice(0, count + 1).join(".")}.*`);
  return [name, ...above, ".*"];
}

type Members = readonly (readonly [name: string, value: JsonText])[];

function membersOfAction(action: UserAction): Members {
  switch (action.type) {
    case "created":
      return [["action", jsonOf("create")]];
    case "deleted":
      return [["action", jsonOf("delete")]];
    case "changed":
      return membersOfChange(action.change, action.user);
    case "logged_in": {
      const { name, sessionsMax, whitelist, blacklist } = action.user;
      return [
        ["action", jsonOf("login")],
        ["user", jsonOf(name)],
        ["mask", jsonOf(null)],
        ["tags", tagsShown(action.tags)],
        ["maxSessions", jsonOf(sessionsMax)],
        ["whitelist", jsonOf(whitelist)],
        ["blacklist", jsonOf(blacklist)],
      ];
    }
    default:
      return unreachable(action);
  }
}

/** What was changed, and what is there now. */
function membersOfChange(change: UserChange, user: User): Members {
  switch (change.type) {
    case "set_tags":
      return [
        ["action", jsonOf("setTags")],
        ["prefix", jsonOf(change.prefix)],
        ["addTags", objectOf(new Map(change.tags))],
        ["tags", tagsShown(user.tags)],
      ];
    case "delete_tags":
      return [
        ["action", jsonOf("delTags")],
        ["prefix", jsonOf(change.prefix)],
        ["delTags", arrayOf(change.names.map(jsonOf))],
        ["tags", tagsShown(user.tags)],
      ];
    case "set_password":
      return [["action", jsonOf("setPass")]];
    case "add":
    case "remove": {
      const verb = change.type === "add" ? "add" : "del";
      return [
        ["action", jsonOf(`${verb}${nouns[change.list]}`)],
        [verb, jsonOf(change.item)],
        [change.list, jsonOf(user[change.list])],
      ];
    }
    case "set_sessions_max":
      return [
        ["action", jsonOf("setMaxSessions")],
        ["set", jsonOf(change.sessionsMax)],
        ["maxSessions", jsonOf(user.sessionsMax)],
      ];
    case "set_disabled":
      return [
        ["action", jsonOf("setDisabled")],
        ["set", jsonOf(change.isDisabled)],
        ["disabled", jsonOf(user.isDisabled)],
      ];
    default:
      return unreachable(change);
  }
}

const nouns = {
  templates: "Template",
  whitelist: "Whitelist",
  blacklist: "Blacklist",
} as const satisfies Record<UserList, string>;
