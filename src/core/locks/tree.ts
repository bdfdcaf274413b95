/**
 * The tree of lock paths of one namespace: its nodes come and go with the claims that need them. A node
 * that nothing needs any more stays as one of `sparesMax` spares, because most names that are locked once
 * are locked again soon; the oldest spare makes room for the next. No budget counts the spares, so large ones are
 * not kept.
 */
import { nodeBytes } from "../costs.ts";
import { createTable, drop, insert, itemsOf, lookUp, reserve } from "../table.ts";
import type { Path } from "./commands.ts";
import { leaveIdle } from "./idle-line.ts";
import { firstOf } from "./line.ts";
import { type LockNode, type LockSpace, type Locks, type Slot, visitKind } from "./state.ts";

const sparesMax = 4096;
/** Bytes of the nodes on the path of one spare. */
const spareBytesMax = 6 * 1024;

export function createRoot(space: LockSpace): LockNode {
  return createNode(space, undefined, "");
}

export function findNode(space: LockSpace, path: Path): LockNode | undefined {
  let node: LockNode | undefined = space.root;
  for (const segment of path) {
    node = childAt(node, segment);
    if (node === undefined) return undefined;
  }
  return node;
}

export function childAt({ children }: LockNode, name: string): LockNode | undefined {
  return children && lookUp(children, name);
}

/** The child of that name, made if need be. */
export function childOf(node: LockNode, name: string): LockNode {
  node.children ??= createTable();
  const child = lookUp(node.children, name);
  if (child !== undefined) return child;
  const made = createNode(node.space, node, name);
  insert(node.children, made);
  return made;
}

export function pathOf(node: LockNode): Path {
  const path: string[] = [];
  for (let up = node; up.parent !== undefined; up = up.parent) path.push(up.name);
  return path.reverse();
}

export function setSlot(locks: Locks, node: LockNode, slot: Slot): void {
  node.slot = slot;
  node.space.slotCount += 1;
  leaveIdle(locks.idleSpaces, node.space);
}

export function forgetSlot(locks: Locks, node: LockNode): void {
  node.slot = undefined;
  node.space.slotCount -= 1;
  spare(locks, node);
}

/** Whether the node keeps a slot size that no live claim wants. */
export function isIdleSlot(node: LockNode): boolean {
  return node.slot !== undefined && firstOf(node, visitKind.slot) === undefined;
}

/** How many nodes right below this one live claims need. */
export function claimedCount({ children }: LockNode): number {
  let count = 0;
  if (children === undefined) return count;
  for (const node of itemsOf(children)) if (node.visitCount > 0) count += 1;
  return count;
}

/** Makes room for so many nodes right below this one, which come now. */
export function reserveNames(node: LockNode, count: number): void {
  if (count === 0) return;
  node.children ??= createTable();
  reserve(node.children, count);
}

/** Keeps a node that nothing needs for a while, in place of the one that was kept longest. */
export function spare({ spares }: Locks, node: LockNode): void {
  if (node.isSpare || !isUnneeded(node)) return;
  if (pathBytesOf(node) > spareBytesMax) {
    prune(node);
    return;
  }
  node.isSpare = true;
  const oldest = spares.nodes[spares.cursor];
  spares.nodes[spares.cursor] = node;
  spares.cursor = (spares.cursor + 1) % sparesMax;
  if (oldest === undefined) return;
  oldest.isSpare = false;
  prune(oldest);
}

/** The cost of the nodes from the root, which is free, to this one. */
export function pathBytesOf(node: LockNode): number {
  let bytes = 0;
  for (let up = node; up.parent !== undefined; up = up.parent) bytes += nodeBytes(up.name);
  return bytes;
}

function createNode(space: LockSpace, parent: LockNode | undefined, name: string): LockNode {
  return {
    space,
    parent,
    name,
    hash: 0,
    following: undefined,
    children: undefined,
    only: undefined,
    lanes: undefined,
    visitCount: 0,
    blockedCount: 0,
    slot: undefined,
    isSpare: false,
    idlePlace: undefined,
  };
}

/** Frees the node, and those above it, as far as nothing needs them. */
function prune(from: LockNode): void {
  let node = from;
  while (node.parent?.children !== undefined && !node.isSpare && isUnneeded(node)) {
    drop(node.parent.children, node);
    if (node.parent.children.size === 0) node.parent.children = undefined;
    node = node.parent;
  }
}

function isUnneeded(node: LockNode): boolean {
  return node.visitCount === 0 && node.slot === undefined && node.children === undefined;
}
