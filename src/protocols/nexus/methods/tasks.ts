/** Tasks; docs/protocols/nexus.md, section 13. */
import type {
  Attempted,
  CancelTask,
  FinishTask,
  RejectTask,
  TaskResult,
} from "../../../core/command.ts";
import type { Outcome, TaskPulled } from "../../../core/effect.ts";
import type { FencingToken, JsonText, TaskId, TimeMs } from "../../../core/ids.ts";
import { onOneLine } from "../../../core/json-members.ts";
import { durationMsMax } from "../../../core/limits.ts";
import { taskPathOf } from "../../../core/tasks/listing.ts";
import { tagsAt } from "../../../core/users/tags.ts";
import {
  type Answer,
  type Doing,
  failure,
  result,
  type Unaddressed,
  type WaitDoing,
} from "../doing.ts";
import { jsonOf, objectOf, ok, timeShown } from "../encode.ts";
import { rpcError, rpcErrorOf } from "../errors.ts";
import { booleanIn, integerIn, numberIn, type Params } from "../params.ts";
import { isSameId, nullText } from "../request.ts";
import { callsOf, type NexusTalk } from "../talk.ts";
import { denied, may, nameOf, textOf, wrong } from "./reading.ts";
import { countsOfTasks, listOfTasks } from "./task-lists.ts";

const attemptsDefault = 5;

/** Ten days. */
const timeoutDefault = 864_000;

/** Digits of an id behind that of the connection. */
const taskIdDigits = 20;

export const taskMethods = {
  "task.push": (talk: NexusTalk, params: Params): Doing => {
    const { members } = params;
    const name = taskNameOf(talk, params, "method");
    if (name === undefined) return wrong("method");
    const given = members.get("params");
    if (given === undefined) return wrong("params");
    if (!may(talk, "task.push", name)) return denied;
    const isDetached = isTrueIn(params, "detach") || isTrueIn(params, "detached");
    const attempts = wholeIn(params, "ttl");
    const end = name.lastIndexOf(".") + 1;
    const { newSecret } = talk.options;
    const task = `${talk.session}${newSecret().slice(0, taskIdDigits)}` as TaskId;
    return {
      type: "command",
      command: {
        type: "push_task",
        task,
        path: end === 0 ? "." : name.slice(0, end),
        method: name.slice(end),
        params: onOneLine(given),
        priority: wholeIn(params, "prio"),
        attempts: attempts > 0 ? attempts : attemptsDefault,
        timeoutMs: timeoutMsIn(params),
        ...(isDetached && { isDetached }),
        user: talk.login.user,
        tags: objectOf(tagsAt(talk.login.tags, name)),
      },
      needsSession: true,
      next: (outcome) => pushed(outcome, isDetached),
    };
  },
  "task.pull": (talk: NexusTalk, params: Params): Doing => {
    const prefix = taskNameOf(talk, params, "prefix");
    if (prefix === undefined) return wrong("prefix");
    if (!may(talk, "task.pull", prefix)) return denied;
    if (isTrueIn(params, "events")) talk.hearsOfTasks = true;
    const [path, timeoutMs] = [`${prefix}.`, timeoutMsIn(params)];
    const { user } = talk.login;
    return {
      type: "command",
      command: { type: "pull_task", path, timeoutMs, user },
      needsSession: true,
      next: (outcome) => pulled(talk, outcome),
    };
  },
  "task.result": (talk: NexusTalk, params: Params): Doing => {
    const value = onOneLine(params.members.get("result") ?? nullText);
    return finish(talk, params, { type: "value", value });
  },
  "task.error": (talk: NexusTalk, params: Params): Doing => {
    const data = params.members.get("data") ?? nullText;
    return finish(talk, params, {
      type: "error",
      code: wholeIn(params, "code"),
      message: textOf(params, "message") ?? "",
      ...(data !== nullText && { data: onOneLine(data) }),
    });
  },
  "task.reject": (talk: NexusTalk, params: Params): Doing => {
    const attempted = attemptedIn(talk, params);
    if (attempted === undefined) return wrong("taskid");
    return settling({ type: "reject_task", ...attempted });
  },
  "task.cancel": (talk: NexusTalk, params: Params): Doing => {
    const id = params.members.get("id");
    if (id !== undefined) return cancelCalls(talk, id);
    const task = taskIn(params);
    if (task === undefined) return wrong("id");
    const target = { type: "task", task, ...forceOf(talk, task) } as const;
    return settling({ type: "cancel_task", target });
  },
  "task.list": listOfTasks,
  "task.count": countsOfTasks,
};

function pushed(outcome: Outcome, isDetached: boolean): Answer | WaitDoing {
  switch (outcome.type) {
    case "task_pushed":
      return isDetached ? result(ok) : { type: "wait", next: (later) => pushed(later, false) };
    case "task_done":
      return answerWith(outcome.result);
    default:
      return taskFailure(outcome);
  }
}

function answerWith(given: TaskResult): Answer {
  if (given.type === "value") return result(given.value);
  const { code, message, data } = given;
  return failure({ code, message, ...(data !== undefined && { data }) });
}

function pulled(talk: NexusTalk, outcome: Outcome): Answer | WaitDoing {
  switch (outcome.type) {
    case "pull_waiting":
      return { type: "wait", next: (later) => pulled(talk, later) };
    case "task_pulled":
      return result(taskShown(talk, outcome));
    default:
      return taskFailure(outcome);
  }
}

function taskShown({ options }: NexusTalk, task: TaskPulled): JsonText {
  const time = (at: TimeMs) => timeShown(options.wallMsOf(at));
  const { params, tags, priority, isDetached, attempts, token } = task;
  const names = `"path":${jsonOf(task.path)},"method":${jsonOf(task.method)}`;
  const pusher = `"tags":${tags},"prio":${priority},"detach":${isDetached},"user":${jsonOf(task.user)}`;
  const times = `"creationTime":${time(task.pushedAt)},"deadLine":${time(task.deadline)}`;
  const whole = `"taskid":${jsonOf(task.task)},${names},"params":${params},${pusher}`;
  return `{${whole},"ttl":${attempts},${times},"token":${token}}` as JsonText;
}

function finish(talk: NexusTalk, params: Params, given: TaskResult): Doing {
  const attempted = attemptedIn(talk, params);
  if (attempted === undefined) return wrong("taskid");
  return settling({ type: "finish_task", ...attempted, result: given });
}

/** The command ends a task or gives it back, and has nothing to tell. */
function settling(command: Unaddressed<FinishTask | RejectTask | CancelTask>): Doing {
  const next = (outcome: Outcome): Answer => {
    const isDone = outcome.type === "task_settled" || outcome.type === "tasks_cancelled";
    return isDone ? result(ok) : taskFailure(outcome);
  };
  return { type: "command", command, needsSession: false, next };
}

/** Ends the pushes and pulls of this connection that have this id and wait for their answers. */
function cancelCalls(talk: NexusTalk, id: JsonText): Doing {
  const requests = callsOf(talk, "push_task", "pull_task")
    .filter(([, call]) => isSameId(call.id, id))
    .map(([request]) => request);
  if (requests.length === 0) return failure(rpcError("invalid_task"));
  return settling({ type: "cancel_task", target: { type: "requests", requests } });
}

/** A task of which nobody knows any more is invalid, and so is one that another works at. */
function taskFailure(outcome: Outcome): Answer {
  if (outcome.type !== "rejected") return failure(rpcError("internal_error", outcome.type));
  const isInvalid = outcome.code === "not_found" || outcome.code === "not_holder";
  return failure(isInvalid ? rpcError("invalid_task") : rpcErrorOf(outcome));
}

function attemptedIn(talk: NexusTalk, params: Params): Unaddressed<Attempted> | undefined {
  const task = taskIn(params);
  if (task === undefined) return undefined;
  const token = integerIn(params.members.get("token"));
  return {
    task,
    ...(token !== undefined && { token: token as FencingToken }),
    ...forceOf(talk, task),
  };
}

function taskIn(params: Params): TaskId | undefined {
  const text = textOf(params, "taskid");
  return text === undefined || text === "" ? undefined : (text as TaskId);
}

/** An administrator of its path may do anything with a task. */
function forceOf(talk: NexusTalk, task: TaskId): { readonly isForced?: true } {
  const path = taskPathOf(talk.options.state, task);
  return path !== undefined && may(talk, "admin", path) ? { isForced: true } : {};
}

/** Names that begin so are the server's own. */
const reserved = "@";

function taskNameOf(talk: NexusTalk, params: Params, parameter: string): string | undefined {
  const name = nameOf(params, parameter, talk.options.nameBytesMax);
  return name?.startsWith(reserved) ? undefined : name;
}

function isTrueIn({ members }: Params, name: string): boolean {
  return booleanIn(members.get(name)) ?? false;
}

/** 0 for what is none. */
function wholeIn({ members }: Params, name: string): number {
  const number = integerIn(members.get(name)) ?? 0;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(number, Number.MAX_SAFE_INTEGER));
}

function timeoutMsIn({ members }: Params): number {
  const seconds = numberIn(members.get("timeout")) ?? 0;
  const ms = (seconds > 0 ? seconds : timeoutDefault) * 1000;
  return Math.max(1, Math.min(Math.round(ms), durationMsMax));
}
