/**
 * Tasks: from the push over attempts to the end.
 *
 *            push            pull               finish
 *   (none) --------> waiting ------> worked at ---------> (none)
 *                       ^               |
 *                       +---------------+  reject, worker gone: while it has an attempt left
 *
 * At any time it can be cancelled, run out of time, or lose its pusher. A pull gets the task of the highest priority, of
 * these the oldest; a task goes to the oldest pull.
 */
import { append, unlink } from "../chain.ts";
import { pullBytes, taskBytes } from "../costs.ts";
import { addDeadline, removeDeadline } from "../deadlines.ts";
import { addToHeap, removeFromHeap } from "../heap.ts";
import type { FencingToken } from "../ids.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { charge, discharge, type Share } from "../shares.ts";
import { notify, type State, type Turn } from "../state.ts";
import { drop, insert } from "../table.ts";
import type { TaskAction } from "./notices.ts";
import type { TaskDone, TaskLossReason } from "./outcomes.ts";
import { disown, own } from "./own.ts";
import type {
  Attempt,
  AttemptFacts,
  Pull,
  PullFacts,
  Task,
  TaskFacts,
  TaskNode,
  TaskParty,
} from "./state.ts";
import { countHere } from "./tree.ts";

export interface TaskPlacing {
  readonly node: TaskNode;
  /** `undefined`: the task is detached. */
  readonly pusher: TaskParty | undefined;
  readonly share: Share | undefined;
}

/** Adds a task that is new, or that a snapshot has kept. It neither waits nor is worked at yet. */
export function addTask(state: State, facts: TaskFacts, placing: TaskPlacing): Task {
  const { tasks, holdings } = state;
  const { node, pusher, share } = placing;
  const task: Task = {
    name: facts.name,
    method: facts.method,
    params: facts.params,
    priority: facts.priority,
    user: facts.user,
    tags: facts.tags,
    request: facts.request,
    acceptedIndex: facts.acceptedIndex,
    acceptedAt: facts.acceptedAt,
    attempts: facts.attempts,
    until: facts.until,
    node,
    pusher,
    share,
    bytes: taskBytes(facts),
    deadline: undefined,
    place: undefined,
    attempt: undefined,
    hash: 0,
    following: undefined,
    previous: undefined,
    next: undefined,
  };
  insert(tasks.byId, task);
  append(node.tasks, task);
  if (pusher !== undefined) own(pusher, "pushes", task);
  task.deadline = addDeadline(tasks.deadlines, task.until, 0, task.acceptedIndex, task);
  charge(holdings, share, task.bytes);
  countHere(state, node, 1, 0);
  return task;
}

function removeTask(state: State, task: Task): void {
  const { tasks, holdings } = state;
  const { node, pusher, deadline, share, bytes } = task;
  endAttempt(task);
  stopWaiting(task);
  drop(tasks.byId, task);
  unlink(node.tasks, task);
  if (pusher !== undefined) disown(pusher, "pushes", task);
  if (deadline !== undefined) removeDeadline(tasks.deadlines, deadline);
  discharge(holdings, share, bytes);
  countHere(state, node, -1, 0);
}

/** Lets the task wait for a pull. */
export function wait(task: Task): void {
  const { node, priority, acceptedIndex } = task;
  task.place ??= addToHeap(node.waiting, -priority, 0, acceptedIndex, task);
}

function stopWaiting(task: Task): void {
  if (task.place !== undefined) removeFromHeap(task.node.waiting, task.place);
  task.place = undefined;
}

export interface PullPlacing {
  readonly node: TaskNode;
  readonly puller: TaskParty;
}

/** Adds a pull that is new, or that a snapshot has kept. */
export function addPull(state: State, facts: PullFacts, placing: PullPlacing): void {
  const { tasks, holdings } = state;
  const { node, puller } = placing;
  const pull: Pull = {
    request: facts.request,
    user: facts.user,
    acceptedIndex: facts.acceptedIndex,
    acceptedAt: facts.acceptedAt,
    until: facts.until,
    node,
    puller,
    bytes: pullBytes(facts),
    deadline: undefined,
    previous: undefined,
    next: undefined,
  };
  append(node.pulls, pull);
  own(puller, "pulls", pull);
  pull.deadline = addDeadline(tasks.pullDeadlines, pull.until, 0, pull.acceptedIndex, pull);
  charge(holdings, puller.share, pull.bytes);
  countHere(state, node, 0, 1);
}

/** Ends the pull. Without an outcome its puller hears nothing. */
export function endPull(turn: Turn, pull: Pull, outcome: Rejection | undefined): void {
  if (outcome !== undefined) notify(turn, pull.puller.id, pull, outcome);
  removePull(turn.state, pull);
}

export function removePull(state: State, pull: Pull): void {
  const { node, puller, deadline, bytes } = pull;
  unlink(node.pulls, pull);
  disown(puller, "pulls", pull);
  if (deadline !== undefined) removeDeadline(state.tasks.pullDeadlines, deadline);
  discharge(state.holdings, puller.share, bytes);
  countHere(state, node, 0, -1);
}

/** Gives the tasks that wait at the node to the pulls that do. */
export function serve(turn: Turn, node: TaskNode): void {
  for (;;) {
    const task = node.waiting[0]?.subject;
    const pull = node.pulls.first;
    if (task === undefined || pull === undefined) return;
    begin(turn, task, pull);
  }
}

/** The puller works at the task from now on. */
function begin(turn: Turn, task: Task, pull: Pull): void {
  const { state, index, at } = turn;
  const { puller: worker, request, user } = pull;
  const token = (state.lastToken + 1) as FencingToken;
  state.lastToken = token;
  stopWaiting(task);
  beginAttempt(task, worker, { request, token, since: at, acceptedIndex: index });
  removePull(state, pull);
  notify(turn, worker.id, pull, {
    type: "task_pulled",
    task: task.name,
    path: task.node.path,
    method: task.method,
    params: task.params,
    priority: task.priority,
    user: task.user,
    tags: task.tags,
    isDetached: task.pusher === undefined,
    attempts: task.attempts,
    pushedAt: task.acceptedAt,
    deadline: task.until,
    token,
  });
  noticeTask(turn, task, { type: "pulled", by: worker.id, user, attempts: task.attempts });
}

/** The worker is at the task, which does not wait. */
export function beginAttempt(task: Task, worker: TaskParty, facts: AttemptFacts): void {
  const { request, token, since, acceptedIndex } = facts;
  task.attempt = { task, worker, request, token, since, acceptedIndex, bytes: 0 };
  own(worker, "attempts", task.attempt);
}

/** Ends the attempt that is under way, if there is one, and returns it. */
export function endAttempt(task: Task): Attempt | undefined {
  const { attempt } = task;
  if (attempt === undefined) return undefined;
  task.attempt = undefined;
  disown(attempt.worker, "attempts", attempt);
  return attempt;
}

/** The task waits again if it has attempts left, of which this one counts or not. */
export function giveBack(turn: Turn, task: Task, isCounted: boolean): void {
  endAttempt(task);
  if (isCounted) task.attempts -= 1;
  if (task.attempts > 0) {
    wait(task);
    serve(turn, task.node);
    return;
  }
  const outcome = rejected("attempts_spent", "the task was given back too often");
  endTask(turn, task, { type: "attempts_spent" }, outcome);
}

/** Ends the attempt that is under way, and tells its worker why. */
export function takeAway(turn: Turn, task: Task, reason: TaskLossReason): void {
  const attempt = endAttempt(task);
  if (attempt === undefined) return;
  const { worker, token } = attempt;
  notify(turn, worker.id, attempt, { type: "task_lost", task: task.name, token, reason });
}

/** Ends the task. Without an outcome its pusher hears nothing. */
export function endTask(
  turn: Turn,
  task: Task,
  action: TaskAction,
  outcome: TaskDone | Rejection | undefined,
): void {
  if (outcome !== undefined) notify(turn, task.pusher?.id, task, outcome);
  removeTask(turn.state, task);
  noticeTask(turn, task, action);
}

export function noticeTask({ notices, at }: Turn, task: Task, action: TaskAction): void {
  notices.push({ type: "task_action", task, at, action });
}
