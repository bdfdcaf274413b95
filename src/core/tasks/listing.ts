/** What users and operators see of tasks; it only reads. */
import { itemsIn } from "../chain.ts";
import type { JsonText, LogIndex, SessionId, TaskId, TimeMs } from "../ids.ts";
import type { State } from "../state.ts";
import { itemsOf, lookUp } from "../table.ts";
import type { TaskPath } from "./commands.ts";
import type { Pull, Task, TaskNode } from "./state.ts";
import { findTaskNode } from "./tree.ts";

export type ListedTask = ListedPush | ListedPull;

export interface ListedPush extends Listed {
  readonly type: "push";
  readonly task: TaskId;
  readonly method: string;
  readonly params: JsonText;
  readonly priority: number;
  readonly attempts: number;
  readonly tags: JsonText;
  readonly isDetached: boolean;
  /** Who works at it, since when; absent: it waits. */
  readonly worker?: { readonly session: SessionId; readonly since: TimeMs };
}

/** A pull that waits. */
export interface ListedPull extends Listed {
  readonly type: "pull";
  readonly session: SessionId;
}

interface Listed {
  readonly path: TaskPath;
  readonly user: string;
  readonly acceptedIndex: LogIndex;
  readonly acceptedAt: TimeMs;
  readonly until: TimeMs;
}

export interface TaskFilter {
  /** The first labels of the path. */
  readonly labels: readonly string[];
  /** Labels behind those, at most; absent: any number. */
  readonly depth?: number;
  /** By the path and the kind. */
  selects(path: TaskPath, type: ListedTask["type"]): boolean;
  /** The oldest are listed. */
  readonly limit: number;
}

/** Things that one step walks, with the characters of their paths, within a few ms. */
const walkedMax = 10_000;

/**
 * The oldest tasks and pulls, in the order of their age. Works in steps, between which entries may be applied: a path is
 * as it was when the walk came to it.
 */
export function* listTasks(
  { tasks }: State,
  { labels, depth, selects, limit }: TaskFilter,
): Generator<void, readonly ListedTask[], void> {
  let found: ListedTask[] = [];
  let walked = 0;
  for (const node of nodesBelow(findTaskNode(tasks, labels), depth ?? Number.POSITIVE_INFINITY)) {
    const pushes = selects(node.path, "push") ? itemsIn(node.tasks) : [];
    const pulls = selects(node.path, "pull") ? itemsIn(node.pulls) : [];
    const here = [...first(pushes, limit, listedPush), ...first(pulls, limit, listedPull)];
    walked += 1 + node.path.length + here.length;
    found.push(...here);
    if (found.length > 2 * limit) found = oldest(found, limit);
    if (walked < walkedMax) continue;
    walked = 0;
    yield;
  }
  return oldest(found, limit);
}

export interface TaskCounts {
  readonly tasks: number;
  readonly pulls: number;
}

/** Of everything whose path begins with the labels. */
export function countTasks({ tasks }: State, labels: readonly string[]): TaskCounts {
  return countsOf(findTaskNode(tasks, labels));
}

/**
 * The same for each label that comes next, and for the path itself if it has any; each with its path. `undefined`: there are
 * more than `max`.
 */
export function countTasksBelow(
  { tasks }: State,
  labels: readonly string[],
  max: number,
): readonly (readonly [path: TaskPath, counts: TaskCounts])[] | undefined {
  const node = findTaskNode(tasks, labels);
  if (node === undefined) return [];
  if ((node.children?.size ?? 0) > max) return undefined;
  const children = node.children === undefined ? [] : [...itemsOf(node.children)];
  const here = { tasks: node.taskCount, pulls: node.pullCount };
  for (const { taskCount, pullCount } of children) {
    here.tasks -= taskCount;
    here.pulls -= pullCount;
  }
  const below = children.map((child) => [child.path, countsOf(child)] as const);
  return here.tasks + here.pulls > 0 ? [[node.path, here], ...below] : below;
}

/** The path of the task; `undefined`: there is none. */
export function taskPathOf({ tasks }: State, task: TaskId): TaskPath | undefined {
  return lookUp(tasks.byId, task)?.node.path;
}

function countsOf(node: TaskNode | undefined): TaskCounts {
  return { tasks: node?.taskCount ?? 0, pulls: node?.pullCount ?? 0 };
}

/** The node and those below, a node before what is below it; a node may be dropped while they are walked. */
function* nodesBelow(node: TaskNode | undefined, depth: number): Generator<TaskNode> {
  if (node === undefined) return;
  yield node;
  if (depth === 0 || node.children === undefined) return;
  for (const child of [...itemsOf(node.children)]) yield* nodesBelow(child, depth - 1);
}

function* first<From, To>(items: Iterable<From>, limit: number, show: (item: From) => To) {
  let left = limit;
  for (const item of items) {
    if (left === 0) return;
    left -= 1;
    yield show(item);
  }
}

function oldest(found: readonly ListedTask[], limit: number): ListedTask[] {
  return [...found].sort((a, b) => a.acceptedIndex - b.acceptedIndex).slice(0, limit);
}

function listedPush(task: Task): ListedPush {
  const { name, method, params, priority, attempts, tags, user, pusher, attempt, node } = task;
  const { acceptedIndex, acceptedAt, until } = task;
  return {
    type: "push",
    task: name,
    path: node.path,
    method,
    params,
    priority,
    attempts,
    tags,
    user,
    isDetached: pusher === undefined,
    acceptedIndex,
    acceptedAt,
    until,
    ...(attempt && { worker: { session: attempt.worker.id, since: attempt.since } }),
  };
}

function listedPull({ node, user, puller, acceptedIndex, acceptedAt, until }: Pull): ListedPull {
  const session = puller.id;
  return { type: "pull", path: node.path, user, session, acceptedIndex, acceptedAt, until };
}
