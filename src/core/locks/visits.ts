/**
 * The visits of a request: where its claims enter the tree, and what follows for the names there. A slot
 * size leaves the line of idle names with the first claim that wants it and joins it after the last.
 */
import type { State, Turn } from "../state.ts";
import type { Claim, Path } from "./commands.ts";
import { joinIdleSlots, leaveIdleSlots, touchSlot } from "./idle.ts";
import { enter, isEnd, leave } from "./line.ts";
import {
  type LockNode,
  type LockRequest,
  type LockSpace,
  type Locks,
  type Slot,
  type Visit,
  type VisitKind,
  visitKind,
} from "./state.ts";
import { childOf, findNode, forgetSlot, isIdleSlot, pathOf, setSlot, spare } from "./tree.ts";

/** Enters the request at every node of the path of each claim; these are all of its claims. */
export function enterTree(state: State, request: LockRequest, claims: readonly Claim[]): void {
  for (const claim of claims) enterPath(state, request, claim);
}

/** Undoes `enterTree` at the end of a request; requests that nothing blocks any more go to `freed`. */
export function leaveTree(turn: Turn, request: LockRequest, freed: LockRequest[]): void {
  leaveNodes(turn.state.locks, request, freed);
  for (const node of slotNodes(request)) touchSlot(turn, node);
}

/** Undoes `enterTree` as if the request had never been; the last in every line, it blocked nobody. */
export function withdraw(turn: Turn, request: LockRequest): void {
  const { locks } = turn.state;
  leaveNodes(locks, request, []);
  for (const node of slotNodes(request)) {
    const isNew = isIdleSlot(node) && node.slot?.usedAt === undefined;
    if (isNew) forgetSlot(locks, node);
    else touchSlot(turn, node);
  }
}

/** The node at the path, which counts as a use of the slot size that it keeps. */
export function useNode(turn: Turn, space: LockSpace, path: Path): LockNode | undefined {
  const node = findNode(space, path);
  if (node !== undefined) touchSlot(turn, node);
  return node;
}

/** Makes the path keep a slot size that no live claim wants; for restoring, in the order of last use. */
export function keepIdleSlot(state: State, space: LockSpace, path: Path, slot: Slot): void {
  let node = space.root;
  for (const segment of path) node = childOf(node, segment);
  setSlot(state.locks, node, slot);
  joinIdleSlots(state, node);
}

/** The claims with which the request entered, in their order. */
export function claimsOf({ lastVisit }: LockRequest): readonly Claim[] {
  const claims: Claim[] = [];
  for (let visit = lastVisit; visit !== undefined; visit = visit.earlier) {
    if (isEnd(visit)) claims.push(claimOf(visit));
  }
  return claims.reverse();
}

/** Whether one of the claims of the request ends at this node, rather than passing through. */
export function claimsEndAt({ lastVisit }: LockRequest, node: LockNode): boolean {
  for (let visit = lastVisit; visit !== undefined; visit = visit.earlier) {
    if (visit.node === node && isEnd(visit)) return true;
  }
  return false;
}

function enterPath(state: State, request: LockRequest, claim: Claim): void {
  const passing = claim.mode === "shared" ? visitKind.sharedBelow : visitKind.exclusiveBelow;
  let node = request.space.root;
  for (const segment of claim.path) {
    enterNode(node, request, passing);
    node = childOf(node, segment);
  }
  if (claim.mode === "slot") wantSlot(state, node, claim.size);
  enterNode(node, request, visitKind[claim.mode]);
}

function wantSlot(state: State, node: LockNode, size: number): void {
  if (node.slot === undefined) setSlot(state.locks, node, { size, usedAt: undefined });
  else leaveIdleSlots(state, node);
}

function enterNode(node: LockNode, request: LockRequest, kind: VisitKind): void {
  if (node.visitCount === 0 && node.parent !== undefined) node.space.nodeCount += 1;
  enter(node, request, kind);
  node.space.visitCount += 1;
}

function leaveNodes(locks: Locks, request: LockRequest, freed: LockRequest[]): void {
  for (let visit = request.lastVisit; visit !== undefined; visit = visit.earlier) {
    const { node } = visit;
    leave(visit, freed);
    node.space.visitCount -= 1;
    if (node.visitCount > 0) continue;
    node.space.nodeCount -= node.parent === undefined ? 0 : 1;
    spare(locks, node);
  }
}

/** The nodes at which the request wants a slot. */
function slotNodes({ lastVisit }: LockRequest): readonly LockNode[] {
  const nodes: LockNode[] = [];
  for (let visit = lastVisit; visit !== undefined; visit = visit.earlier) {
    if (visit.kind === visitKind.slot) nodes.push(visit.node);
  }
  return nodes;
}

function claimOf({ node, kind }: Visit): Claim {
  const path = pathOf(node);
  if (kind === visitKind.slot) return { mode: "slot", path, size: node.slot?.size ?? 0 };
  return { mode: kind === visitKind.shared ? "shared" : "exclusive", path };
}
