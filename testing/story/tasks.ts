import type {
  Attempted,
  CancelTask,
  PushTask,
  TaskCommand,
  TaskResult,
} from "../../src/core/command.ts";
import type { TaskOutcome } from "../../src/core/effect.ts";
import type { FencingToken, JsonText, RequestId, SessionId, TaskId } from "../../src/core/ids.ts";
import { unreachable } from "../../src/core/unreachable.ts";
import { readDuration, writeDuration } from "./words.ts";

/**
 * What a story says of tasks:
 *
 *     amy push jobs.mail.send params={"a":1} prio=3 attempts=2 timeout=10s id=t1 user=amy tags={} detached as=mine
 *     bob pull jobs.mail. timeout=10s user=bob as=mine
 *     bob finish t1 value=1                or: error=5 message=no data={"a":1}; token=3 forced
 *     bob reject t1
 *     amy cancel mine,other                or: amy cancel_task t1 forced
 */
export interface TaskLine {
  readonly session: SessionId;
  readonly verb: string;
  readonly subject: string;
  readonly options: ReadonlyMap<string, string>;
  /** The request, by what it is about. */
  ask(name: string): RequestId;
  recall(name: string): RequestId;
}

export function readTaskCommand(line: TaskLine): TaskCommand | undefined {
  const { session, verb, subject, options, ask, recall } = line;
  const name = options.get("as") ?? subject;
  const timeoutMs = readDuration(options.get("timeout") ?? "60s");
  switch (verb) {
    case "push":
      return { type: "push_task", session, request: ask(name), ...pushed(line), timeoutMs };
    case "pull": {
      const user = options.get("user") ?? "nobody";
      return { type: "pull_task", session, request: ask(name), path: subject, timeoutMs, user };
    }
    case "finish":
      return { type: "finish_task", ...attempted(line), result: readResult(options) };
    case "reject":
      return { type: "reject_task", ...attempted(line) };
    case "cancel": {
      const requests = subject === "" ? [] : subject.split(",").map(recall);
      return {
        type: "cancel_task",
        session,
        request: ask(""),
        target: { type: "requests", requests },
      };
    }
    case "cancel_task": {
      const task = subject as TaskId;
      const target = { type: "task", task, ...forced(options) } as const;
      return { type: "cancel_task", session, request: ask(""), target };
    }
    default:
      return undefined;
  }
}

function pushed({
  subject,
  options,
}: TaskLine): Omit<PushTask, "type" | "session" | "request" | "timeoutMs"> {
  const end = subject.lastIndexOf(".") + 1;
  return {
    task: (options.get("id") ?? subject) as TaskId,
    path: end === 0 ? "." : subject.slice(0, end),
    method: subject.slice(end),
    params: (options.get("params") ?? "null") as JsonText,
    priority: Number(options.get("prio") ?? 0),
    attempts: Number(options.get("attempts") ?? 5),
    ...(options.has("detached") && { isDetached: true }),
    user: options.get("user") ?? "nobody",
    tags: (options.get("tags") ?? "{}") as JsonText,
  };
}

function attempted({ session, subject, options, ask }: TaskLine): Attempted {
  const token = options.get("token");
  return {
    session,
    request: ask(""),
    task: subject as TaskId,
    ...(token !== undefined && { token: Number(token) as FencingToken }),
    ...forced(options),
  };
}

function forced(options: TaskLine["options"]): { readonly isForced?: true } {
  return options.has("forced") ? { isForced: true } : {};
}

function readResult(options: TaskLine["options"]): TaskResult {
  const code = options.get("error");
  if (code === undefined)
    return { type: "value", value: (options.get("value") ?? "null") as JsonText };
  const data = options.get("data");
  return {
    type: "error",
    code: Number(code),
    message: options.get("message") ?? "",
    ...(data !== undefined && { data: data as JsonText }),
  };
}

/** The words of the line behind the session. */
export function writeTaskCommand(
  command: TaskCommand,
  nameOf: (request: RequestId) => string,
): readonly string[] {
  switch (command.type) {
    case "push_task":
      return [
        "push",
        `${command.path}${command.method}`,
        `params=${command.params}`,
        `prio=${command.priority}`,
        `attempts=${command.attempts}`,
        `timeout=${writeDuration(command.timeoutMs)}`,
        `id=${command.task}`,
        `user=${command.user}`,
        `tags=${command.tags}`,
        command.isDetached ? "detached" : "",
        `as=${nameOf(command.request)}`,
      ];
    case "pull_task":
      return [
        "pull",
        command.path,
        `timeout=${writeDuration(command.timeoutMs)}`,
        `user=${command.user}`,
        `as=${nameOf(command.request)}`,
      ];
    case "finish_task":
      return ["finish", ...writeAttempted(command), ...writeResult(command.result)];
    case "reject_task":
      return ["reject", ...writeAttempted(command)];
    case "cancel_task":
      return writeCancel(command, nameOf);
    default:
      return unreachable(command);
  }
}

function writeAttempted({ task, token, isForced }: Attempted): readonly string[] {
  return [task, token === undefined ? "" : `token=${token}`, isForced ? "forced" : ""];
}

function writeCancel(
  { target }: CancelTask,
  nameOf: (request: RequestId) => string,
): readonly string[] {
  if (target.type === "requests") return ["cancel", target.requests.map(nameOf).join(",")];
  return ["cancel_task", target.task, target.isForced ? "forced" : ""];
}

/** What there is to know of the outcome beside its type. */
export function taskFacts(outcome: TaskOutcome): readonly string[] {
  switch (outcome.type) {
    case "task_pushed":
    case "pull_waiting":
    case "task_settled":
    case "tasks_cancelled":
      return [];
    case "task_pulled":
      return [
        `id=${outcome.task}`,
        `name=${outcome.path}${outcome.method}`,
        `params=${outcome.params}`,
        `prio=${outcome.priority}`,
        `attempts=${outcome.attempts}`,
        `user=${outcome.user}`,
        `tags=${outcome.tags}`,
        outcome.isDetached ? "detached" : "",
        `until=${writeDuration(outcome.deadline)}`,
        `token=${outcome.token}`,
      ];
    case "task_done":
      return writeResult(outcome.result);
    case "task_lost":
      return [`id=${outcome.task}`, `token=${outcome.token}`, `reason=${outcome.reason}`];
    default:
      return unreachable(outcome);
  }
}

function writeResult(result: TaskResult): readonly string[] {
  if (result.type === "value") return [`value=${result.value}`];
  const { code, message, data } = result;
  return [`error=${code}`, `message=${message}`, data === undefined ? "" : `data=${data}`];
}
