/**
 * The tree of lock paths of one namespace: its nodes come and go with the claims that need them. A
 * node that nothing needs any more stays as one of `sparesMax` spares, since most names that are
 * locked once are locked again soon; the oldest spare goes when another comes.
 */
import type { Claim, Path } from "./command.ts";
import type { TimeMs } from "./ids.ts";
import { enter, isEmpty, leave } from "./line.ts";
import {
  type LockNode,
  type LockRequest,
  type LockSpace,
  type Slot,
  type State,
  type Visit,
  type VisitKind,
  visitKind,
} from "./state.ts";
import { createTable, drop, hashOf, insert, itemsOf, lookUp, reserve } from "./table.ts";

const sparesMax = 4096;

export function createRoot(space: LockSpace): LockNode {
  return createNode(space, undefined, "");
}

/** Enters the request at every node of the path of each claim, which are its only ones. */
export function enterTree(request: LockRequest, claims: readonly Claim[], at: TimeMs): void {
  for (const claim of claims) enterPath(request, claim, at);
}

/** Undoes `enterTree`; requests with nothing left that blocks them go to `freed`. */
export function leaveTree(state: State, request: LockRequest, freed: LockRequest[]): void {
  for (let visit = request.lastVisit; visit !== undefined; visit = visit.earlier) {
    const { node } = visit;
    leave(visit, freed);
    node.space.visitCount -= 1;
    if (node.visitCount > 0) continue;
    node.space.nodeCount -= node.parent === undefined ? 0 : 1;
    spare(state, node);
  }
}

/** The claims with which the request entered, in their order. */
export function claimsOf({ lastVisit }: LockRequest): readonly Claim[] {
  const claims: Claim[] = [];
  for (let visit = lastVisit; visit !== undefined; visit = visit.earlier) {
    const claim = claimOf(visit);
    if (claim !== undefined) claims.push(claim);
  }
  return claims.reverse();
}

/** `undefined`: the visit only passes through. */
function claimOf({ node, kind }: Visit): Claim | undefined {
  switch (kind) {
    case visitKind.shared:
      return { mode: "shared", path: pathOf(node) };
    case visitKind.exclusive:
      return { mode: "exclusive", path: pathOf(node) };
    case visitKind.slot:
      return { mode: "slot", path: pathOf(node), size: node.slot?.size ?? 0 };
    default:
      return undefined;
  }
}

/** Whether one of the claims of the request ends at this node, rather than passing through. */
export function endsAt({ lastVisit }: LockRequest, node: LockNode): boolean {
  for (let visit = lastVisit; visit !== undefined; visit = visit.earlier) {
    if (visit.node === node && visit.kind <= visitKind.slot) return true;
  }
  return false;
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

/** Makes the path keep a slot size that no live claim wants; for restoring. */
export function keepSlot(space: LockSpace, path: Path, slot: Slot): LockNode {
  let node = space.root;
  for (const segment of path) node = childOf(node, segment);
  setSlot(node, slot);
  return node;
}

export function forgetSlot(state: State, node: LockNode): void {
  node.slot = undefined;
  node.space.slotCount -= 1;
  spare(state, node);
}

/** Whether the node keeps a slot size that no live claim wants. */
export function isIdleSlot(node: LockNode): boolean {
  return node.slot !== undefined && isEmpty(node, visitKind.slot);
}

/** Of the nodes right below this one, those which live claims need. */
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

export function pathOf(node: LockNode): Path {
  const path: string[] = [];
  for (let up = node; up.parent !== undefined; up = up.parent) path.push(up.name);
  return path.reverse();
}

function enterPath(request: LockRequest, claim: Claim, at: TimeMs): void {
  const passing = claim.mode === "shared" ? visitKind.sharedBelow : visitKind.exclusiveBelow;
  let node = request.space.root;
  for (const segment of claim.path) {
    enterNode(node, request, passing);
    node = childOf(node, segment);
  }
  if (claim.mode === "slot" && node.slot === undefined) {
    setSlot(node, { size: claim.size, usedAt: at });
  }
  enterNode(node, request, visitKind[claim.mode]);
}

function enterNode(node: LockNode, request: LockRequest, kind: VisitKind): void {
  if (node.visitCount === 0 && node.parent !== undefined) node.space.nodeCount += 1;
  enter(node, request, kind);
  node.space.visitCount += 1;
}

function setSlot(node: LockNode, slot: Slot): void {
  node.slot = slot;
  node.space.slotCount += 1;
}

function childOf(node: LockNode, name: string): LockNode {
  node.children ??= createTable();
  const child = lookUp(node.children, name);
  if (child !== undefined) return child;
  const made = createNode(node.space, node, name);
  insert(node.children, made);
  return made;
}

function createNode(space: LockSpace, parent: LockNode | undefined, name: string): LockNode {
  return {
    space,
    parent,
    name,
    hash: hashOf(name),
    following: undefined,
    children: undefined,
    lanes: [undefined, undefined, undefined, undefined, undefined],
    visitCount: 0,
    blockedCount: 0,
    slot: undefined,
    isSpare: false,
    idlePlace: undefined,
  };
}

/** Keeps the node for a while, if nothing needs it, instead of the one that was kept longest. */
function spare({ spares }: State, node: LockNode): void {
  if (node.isSpare || !isUnneeded(node)) return;
  node.isSpare = true;
  const oldest = spares.nodes[spares.cursor];
  spares.nodes[spares.cursor] = node;
  spares.cursor = (spares.cursor + 1) % sparesMax;
  if (oldest === undefined) return;
  oldest.isSpare = false;
  prune(oldest);
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
