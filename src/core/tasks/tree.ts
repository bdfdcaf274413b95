/** The tree of paths: who asks for what is below a path need not walk all others. */
import { append, unlink } from "../chain.ts";
import { taskNodeBytes } from "../costs.ts";
import { charge, discharge, type Share } from "../shares.ts";
import type { State } from "../state.ts";
import { createTable, drop, insert, lookUp } from "../table.ts";
import type { TaskPath } from "./commands.ts";
import { createTaskNode, type TaskNode, type Tasks } from "./state.ts";

/** Between labels, and behind the last. */
const separator = ".";

export function labelsOf(path: TaskPath): readonly string[] {
  return path.slice(0, -separator.length).split(separator);
}

/** The node of the path, made if need be. The caller puts something there, or nothing would ever drop it. */
export function nodeFor(state: State, path: TaskPath, share: Share | undefined): TaskNode {
  let node = state.tasks.root;
  for (const label of labelsOf(path)) {
    const child = node.children && lookUp(node.children, label);
    node = child ?? addNode(state, node, label, share);
  }
  return node;
}

/** The node below which everything begins with these labels. */
export function findTaskNode({ root }: Tasks, labels: readonly string[]): TaskNode | undefined {
  let node: TaskNode | undefined = root;
  for (const label of labels) {
    node = node?.children && lookUp(node.children, label);
  }
  return node;
}

function addNode(
  { tasks, holdings }: State,
  parent: TaskNode,
  name: string,
  share: Share | undefined,
): TaskNode {
  const path = `${parent.path}${name}${separator}`;
  const node = createTaskNode({ parent, name, path, share, bytes: taskNodeBytes(path) });
  parent.children ??= createTable();
  insert(parent.children, node);
  append(tasks.nodes, node);
  charge(holdings, share, node.bytes);
  return node;
}

/** Counts what has come to a node, or gone from it, there and above. Nodes that nothing needs any more are dropped. */
export function countHere(state: State, node: TaskNode, tasks: number, pulls: number): void {
  for (let each: TaskNode | undefined = node; each !== undefined; each = each.parent) {
    each.taskCount += tasks;
    each.pullCount += pulls;
    if (each.taskCount + each.pullCount === 0) dropNode(state, each);
  }
}

function dropNode({ tasks, holdings }: State, node: TaskNode): void {
  const { parent, share, bytes } = node;
  if (parent?.children === undefined) return;
  drop(parent.children, node);
  if (parent.children.size === 0) parent.children = undefined;
  unlink(tasks.nodes, node);
  discharge(holdings, share, bytes);
}
