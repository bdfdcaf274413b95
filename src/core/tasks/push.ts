/** Pushing and pulling: what a session asks of tasks. */
import { budgetFault } from "../budget.ts";
import { pullBytes, taskBytes, taskPathBytes } from "../costs.ts";
import { isDuration, isLongerThan } from "../limits.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { later, reply, type State, type Turn } from "../state.ts";
import { lookUp } from "../table.ts";
import type { PullTask, PushTask, TaskPath } from "./commands.ts";
import { isInUse, ownedCount } from "./own.ts";
import { addPull, addTask, noticeTask, serve, wait } from "./requests.ts";
import type { PullFacts, TaskFacts, TaskParty } from "./state.ts";
import { labelsOf, nodeFor } from "./tree.ts";

export function push(turn: Turn, pusher: TaskParty, command: PushTask): void {
  const { state, index, at } = turn;
  const { request, path, timeoutMs, isDetached } = command;
  const facts: TaskFacts = {
    name: command.task,
    method: command.method,
    params: command.params,
    priority: command.priority,
    user: command.user,
    tags: command.tags,
    request,
    acceptedIndex: index,
    acceptedAt: at,
    attempts: command.attempts,
    until: later(at, timeoutMs),
  };
  const fault =
    pushFault(state, command) ??
    partyFault(state, pusher, command) ??
    budgetFault(turn, pusher.share, taskBytes(facts) + taskPathBytes(path));
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const { share } = pusher;
  const node = nodeFor(state, path, share);
  const told = isDetached ? undefined : pusher;
  const task = addTask(state, facts, { node, pusher: told, share });
  reply(turn, command, { type: "task_pushed" });
  noticeTask(turn, task, { type: "pushed", by: pusher.id, attempts: task.attempts });
  wait(task);
  serve(turn, node);
}

export function pull(turn: Turn, puller: TaskParty, command: PullTask): void {
  const { state, index, at } = turn;
  const { request, user, path, timeoutMs } = command;
  const until = later(at, timeoutMs);
  const facts: PullFacts = { request, user, acceptedIndex: index, acceptedAt: at, until };
  const fault =
    pullFault(state, command) ??
    partyFault(state, puller, command) ??
    budgetFault(turn, puller.share, pullBytes(facts) + taskPathBytes(path));
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const node = nodeFor(state, path, puller.share);
  if (node.waiting.length === 0) reply(turn, command, { type: "pull_waiting" });
  addPull(state, facts, { node, puller });
  serve(turn, node);
}

function pushFault(state: State, command: PushTask): Rejection | undefined {
  const { path, method, priority, attempts, timeoutMs } = command;
  if (!Number.isSafeInteger(priority)) {
    return rejected("invalid_argument", "a priority is a whole number");
  }
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    return rejected("invalid_argument", "a task has at least one attempt");
  }
  if (lookUp(state.tasks.byId, command.task) !== undefined) {
    return rejected("already_exists", "a task of that id exists");
  }
  return pathFault(state, path, method) ?? timeoutFault(timeoutMs);
}

function pullFault(state: State, { path, timeoutMs }: PullTask): Rejection | undefined {
  return pathFault(state, path, "") ?? timeoutFault(timeoutMs);
}

function pathFault({ limits }: State, path: TaskPath, method: string): Rejection | undefined {
  const { nameBytesMax, pathSegmentsMax } = limits;
  if (!path.endsWith(".")) return rejected("invalid_argument", "a path ends with a dot");
  if (isLongerThan(path + method, nameBytesMax)) {
    return rejected("limit_exceeded", `a name has at most ${nameBytesMax} bytes`);
  }
  if (labelsOf(path).length <= pathSegmentsMax) return undefined;
  return rejected("limit_exceeded", `a path has at most ${pathSegmentsMax} labels`);
}

function timeoutFault(timeoutMs: number): Rejection | undefined {
  return isDuration(timeoutMs) && timeoutMs > 0
    ? undefined
    : rejected("invalid_argument", "a timeout is a whole number of milliseconds, at least 1");
}

/** Why the session can have no more. */
function partyFault(
  { limits }: State,
  party: TaskParty,
  { request }: PushTask | PullTask,
): Rejection | undefined {
  if (isInUse(party, request)) return rejected("invalid_argument", "the request id is in use");
  const { tasksPerSessionMax } = limits;
  if (ownedCount(party) < tasksPerSessionMax) return undefined;
  return rejected(
    "limit_exceeded",
    `a session has at most ${tasksPerSessionMax} tasks, pulls among them`,
  );
}
