/**
 * The line at one node of the lock tree.
 *
 * A claim visits every node from the root to the end of its path: it passes through the inner ones
 * and ends at the last. Two claims whose paths are prefixes of each other meet at exactly one node
 * where one of them ends, so the conflicts of the whole tree are conflicts of visits at one node:
 *
 *                    shared  exclusive  slot  sharedBelow  exclusiveBelow
 *   shared                       x       x                       x
 *   exclusive          x         x       x         x             x
 *   slot               x         x      size       x             x
 *   sharedBelow                  x       x
 *   exclusiveBelow     x         x       x
 *
 * Each kind of visit has one lane, in order of numbers. A visit is free when no conflicting lane begins
 * with a smaller number; a slot, moreover, only while fewer than `size` slots precede it. Both are
 * conditions on a prefix of the lane, so each lane consists of free visits followed by blocked ones, and
 * remembers the first that is blocked. Once free, a visit stays free, because newcomers have higher
 * numbers. Hence entering, leaving (from the middle, too) and freeing the next cost O(1) each, however
 * long the line is.
 *
 * Most nodes have one visit: it is free, and stands in a field of its own. Lanes are made for the second, and
 * dropped when one is left, so that an old crowd leaves nothing behind that no request pays for. Only a root,
 * where visits come and go all the time, keeps them.
 */
import { append, unlink } from "../chain.ts";
import {
  type Lane,
  type LockNode,
  type LockRequest,
  type Visit,
  type VisitKind,
  visitKind,
} from "./state.ts";

const { shared, exclusive, slot, sharedBelow, exclusiveBelow } = visitKind;

/** For each kind, the lanes in which a smaller number blocks it. */
const blockersOf: readonly (readonly VisitKind[])[] = [
  [exclusive, slot, exclusiveBelow],
  [shared, exclusive, slot, sharedBelow, exclusiveBelow],
  [shared, exclusive, sharedBelow, exclusiveBelow],
  [exclusive, slot],
  [shared, exclusive, slot],
];

/** For each kind, the lanes that a smaller number in it blocks. */
const blockedBy = blockersOf.map((_, kind) =>
  ([shared, exclusive, slot, sharedBelow, exclusiveBelow] as const).filter((other) =>
    blockersOf[other]?.includes(kind as VisitKind),
  ),
);

/** Puts the request at the end of the line. No request in the line has a higher number. */
export function enter(node: LockNode, request: LockRequest, kind: VisitKind): void {
  const visit: Visit = {
    request,
    node,
    kind,
    number: request.number,
    isBlocked: false,
    previous: undefined,
    next: undefined,
    earlier: request.lastVisit,
  };
  request.lastVisit = visit;
  if (node.visitCount === 0) node.only = visit;
  else joinLane(node, visit);
  node.visitCount += 1;
}

/** Takes the visit out of the line; requests that now have no blocked visit left go to `freed`. */
export function leave(visit: Visit, freed: LockRequest[]): void {
  const { node } = visit;
  node.visitCount -= 1;
  if (node.only === visit) node.only = undefined;
  else leaveLane(visit, freed);
  if (node.visitCount < 2 && node.lanes !== undefined && node.parent !== undefined) {
    dropLanes(node);
  }
}

/** The first visit of the kind; the others of its lane follow by `next`. */
export function firstOf({ only, lanes }: LockNode, kind: VisitKind): Visit | undefined {
  return only?.kind === kind ? only : lanes?.[kind]?.first;
}

/** Whether a live claim ends here, rather than passing through. */
export function isEndOfClaims(node: LockNode): boolean {
  return [shared, exclusive, slot].some((kind) => firstOf(node, kind) !== undefined);
}

/** Whether a claim ends with this visit, rather than passing through. */
export function isEnd({ kind }: Visit): boolean {
  return kind <= slot;
}

function joinLane(node: LockNode, visit: Visit): void {
  const lane = laneOf(node, visit.kind);
  visit.isBlocked = lane.firstBlocked !== undefined || !isFree(node, lane, visit);
  append(lane, visit);
  if (visit.isBlocked) {
    lane.firstBlocked ??= visit;
    node.blockedCount += 1;
    visit.request.blockedCount += 1;
  } else {
    lane.freeCount += 1;
  }
}

function leaveLane(visit: Visit, freed: LockRequest[]): void {
  const { node, kind, previous, next } = visit;
  const lane = laneOf(node, kind);
  unlink(lane, visit);
  if (visit.isBlocked) {
    if (lane.firstBlocked === visit) lane.firstBlocked = next;
    node.blockedCount -= 1;
  } else {
    lane.freeCount -= 1;
  }
  if (node.blockedCount === 0) return;
  if (kind === slot) advance(node, slot, freed);
  if (previous !== undefined) return;
  for (const other of blockedBy[kind] as readonly VisitKind[]) advance(node, other, freed);
}

function laneOf(node: LockNode, kind: VisitKind): Lane {
  const lanes = lanesOf(node);
  const lane = lanes[kind];
  if (lane !== undefined) return lane;
  const made = { first: undefined, last: undefined, firstBlocked: undefined, freeCount: 0 };
  lanes[kind] = made;
  return made;
}

/** The lanes, with the visit that was alone until now in its own. */
function lanesOf(node: LockNode): (Lane | undefined)[] {
  node.lanes ??= [undefined, undefined, undefined, undefined, undefined];
  const { only, lanes } = node;
  if (only !== undefined) {
    node.only = undefined;
    joinLane(node, only);
  }
  return lanes;
}

/** The last visit, if there is one, is free and alone in its lane. */
function dropLanes(node: LockNode): void {
  for (const lane of node.lanes ?? []) node.only ??= lane?.first;
  node.lanes = undefined;
}

/** Frees the blocked visits of the lane, as far as nothing precedes them any more. */
function advance(node: LockNode, kind: VisitKind, freed: LockRequest[]): void {
  const lane = node.lanes?.[kind];
  if (lane === undefined) return;
  for (let visit = lane.firstBlocked; visit !== undefined; visit = visit.next) {
    if (!isFree(node, lane, visit)) return;
    visit.isBlocked = false;
    lane.firstBlocked = visit.next;
    lane.freeCount += 1;
    node.blockedCount -= 1;
    visit.request.blockedCount -= 1;
    if (visit.request.blockedCount === 0) freed.push(visit.request);
  }
}

/** Whether the visit is free, given that all before it in its lane are. */
function isFree(node: LockNode, lane: Lane, { kind, number }: Visit): boolean {
  if (kind === slot && lane.freeCount >= (node.slot?.size ?? 0)) return false;
  for (const blocker of blockersOf[kind] as readonly VisitKind[]) {
    const first = node.lanes?.[blocker]?.first;
    if (first !== undefined && first.number < number) return false;
  }
  return true;
}
