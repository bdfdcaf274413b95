import type {
  Acquire,
  Command,
  LockTarget,
  SessionLife,
  SessionOrigin,
  UserChange,
} from "../../src/core/command.ts";
import type { Effect, Outcome } from "../../src/core/effect.ts";
import type { Namespace, RequestId } from "../../src/core/ids.ts";
import { type Limits, limitsDefault } from "../../src/core/limits.ts";
import { unreachable } from "../../src/core/unreachable.ts";
import type { Tags } from "../../src/core/users/state.ts";
import { taskFacts, writeTaskCommand } from "./tasks.ts";
import { writeClaims, writeDuration, writePath } from "./words.ts";

/** The line that `readCommands` reads as this command; a request is called by its number, `r7`. */
export function writeCommand(command: Command): string {
  switch (command.type) {
    case "tick":
      return "tick";
    case "collect":
      return `collect idle=${writeDuration(command.idleMs)}`;
    case "advance":
      return `advance by=${command.by}`;
    case "start": {
      const grace = writeDuration(command.restartGraceMs);
      return line("start", `node=${command.node}`, `run=${command.run}`, `grace=${grace}`);
    }
    case "set_limits":
      return line("set_limits", ...limits(command.limits));
    case "open_session":
      return line(
        command.session,
        "open",
        `node=${command.node}`,
        ...life(command.life),
        ...origin(command.origin),
      );
    case "touch_session":
      return line(command.session, "touch");
    case "detach_session":
      return line(command.session, "detach", unanswered(command.unanswered));
    case "close_session":
      return line(command.session, "close");
    case "kick_session":
      return line(command.session, "kick", command.target);
    case "revoke":
      return line(command.session, "revoke", `token=${command.token}`);
    case "create_api_token":
      return line(command.session, "create_api_token", command.name, `id=${command.token}`);
    case "revoke_api_token":
      return line(command.session, "revoke_api_token", `id=${command.token}`);
    case "create_user":
      return line(command.session, "create_user", command.user, `pass=${command.password}`);
    case "delete_user":
      return line(command.session, "delete_user", command.user);
    case "rename_user":
      return line(command.session, "rename_user", command.user, `to=${command.newName}`);
    case "change_user":
      return line(command.session, ...userChange(command.user, command.change));
    case "reload_login":
      return line(command.session, "reload_login", command.target);
    case "log_in":
      return line(
        command.session,
        "log_in",
        command.user,
        `pass=${command.password}`,
        command.as === undefined ? "" : `become=${command.as}`,
        command.isWhitelistStrict ? "strict" : "",
      );
    case "acquire":
      return line(command.session, "acquire", writeClaims(command.claims), ...terms(command));
    case "release":
      return line(
        command.session,
        "release",
        ...target(command.target),
        command.sessionless === true ? "sessionless" : "",
      );
    case "renew": {
      const lease = `lease=${writeDuration(command.leaseMs)}`;
      return line(command.session, "renew", ...target(command.target), lease);
    }
    case "push_task":
    case "pull_task":
    case "finish_task":
    case "reject_task":
    case "cancel_task":
      return line(command.session, ...writeTaskCommand(command, numberName));
    default:
      return unreachable(command);
  }
}

function unanswered(requests: readonly RequestId[] | undefined): string {
  return requests === undefined ? "" : `unanswered=${requests.map(numberName).join(",")}`;
}

/** `alice <- granted invoices number=1 token=1 until=10s`; what it is about is called by `nameOf`. */
export function writeEffect(
  { session, request, outcome }: Effect,
  nameOf: (request: RequestId) => string = numberName,
): string {
  const word = outcome.type === "rejected" ? `rejected ${outcome.code}` : outcome.type;
  return line(session, "<-", word, nameOf(request), ...facts(outcome));
}

function facts(outcome: Outcome): readonly string[] {
  switch (outcome.type) {
    case "waiting":
      return [`number=${outcome.number}`];
    case "granted":
      return [
        `number=${outcome.number}`,
        `token=${outcome.token}`,
        ...duration("until", outcome.leaseUntil),
      ];
    case "renewed":
      return [`token=${outcome.token}`, ...duration("until", outcome.leaseUntil)];
    case "logged_in":
      return [`user=${outcome.user}`, ...tagsByPrefix(outcome.tags)];
    case "session_opened":
    case "session_touched":
    case "session_closed":
    case "session_kicked":
    case "released":
    case "released_by_other":
    case "lease_expired":
    case "revoked":
    case "api_token_created":
    case "api_token_revoked":
    case "user_created":
    case "user_deleted":
    case "user_renamed":
    case "user_changed":
    case "login_reloaded":
    case "rejected":
      return [];
    case "task_pushed":
    case "pull_waiting":
    case "task_pulled":
    case "task_settled":
    case "tasks_cancelled":
    case "task_done":
    case "task_lost":
      return taskFacts(outcome);
    default:
      return unreachable(outcome);
  }
}

function userChange(user: string, change: UserChange): readonly string[] {
  switch (change.type) {
    case "set_tags":
      return ["set_tags", user, `at=${change.prefix}`, ...change.tags.map(writeTag)];
    case "delete_tags":
      return ["delete_tags", user, ...change.names, `at=${change.prefix}`];
    case "set_password":
      return ["set_password", user, `pass=${change.password}`];
    case "add":
    case "remove":
      return [change.type, user, `${change.list}=${change.item}`];
    case "set_sessions_max":
      return ["set_sessions_max", user, `max=${change.sessionsMax}`];
    case "set_disabled":
      return [change.isDisabled ? "disable" : "enable", user];
    default:
      return unreachable(change);
  }
}

/** `a.b:@task.push=true,x=1`, in order. */
function tagsByPrefix(tags: Tags): readonly string[] {
  const prefixes = Array.from(
    tags,
    ([prefix, names]) => `${prefix}:${Array.from(names, writeTag).sort().join(",")}`,
  );
  return prefixes.sort();
}

function writeTag([name, value]: readonly [name: string, value: string]): string {
  return `${name}=${value}`;
}

function limits(told: Limits): readonly string[] {
  return Object.entries(told)
    .filter(([name, max]) => max !== limitsDefault[name as keyof Limits])
    .map(([name, max]) => `${name}=${max}`);
}

function life(told: SessionLife): readonly string[] {
  if (told.type === "idle") return duration("idle", told.idleMs);
  return [...duration("grace", told.graceMs), ...duration("restart_grace", told.restartGraceMs)];
}

function origin({ address, principal, name }: SessionOrigin): readonly string[] {
  return [
    ...(address === undefined ? [] : [`from=${address}`]),
    ...(principal === undefined ? [] : [`as_user=${principal}`]),
    ...(name === undefined ? [] : [`called=${name}`]),
  ];
}

function terms(command: Acquire): readonly string[] {
  return [
    ...duration("wait", command.waitMs),
    ...duration("lease", command.leaseMs),
    ...(command.key === undefined ? [] : [`key=${command.key}`]),
    ...inNamespace(command.namespace),
    `as=${numberName(command.request)}`,
    ...(command.outlivesSession === true ? ["outlives"] : []),
  ];
}

function target(told: LockTarget): readonly string[] {
  if (told.type === "request") return [numberName(told.request)];
  return [writePath(told.path), `key=${told.key}`, ...inNamespace(told.namespace)];
}

function inNamespace(namespace: Namespace): readonly string[] {
  return namespace === "default" ? [] : [`in=${namespace}`];
}

function duration(name: string, durationMs: number | undefined): readonly string[] {
  return durationMs === undefined ? [] : [`${name}=${writeDuration(durationMs)}`];
}

function numberName(request: RequestId): string {
  return `r${request}`;
}

function line(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}
