/**
 * What is remembered of names that nobody uses: the slot size of a path, and how far a namespace has
 * counted. `collect` forgets both when they are old, the limit forgets the oldest at once, and so does
 * whatever needs their room in the state.
 */
import { costs, namespaceBytes } from "../costs.ts";
import { charge, discharge } from "../shares.ts";
import { later, type State, type Turn } from "../state.ts";
import type { Collect } from "./commands.ts";
import { idleItems, joinIdle, leaveIdle } from "./idle-line.ts";
import type { LockNode, LockSpace } from "./state.ts";
import { forgetSlot, isIdleSlot, pathBytesOf } from "./tree.ts";

/** Notes that the path was used just now, if it keeps a slot size, and whether it is idle from now on. */
export function touchSlot(turn: Turn, node: LockNode): void {
  const { state, at } = turn;
  if (node.slot === undefined) return;
  leaveIdleSlots(state, node);
  if (!isIdleSlot(node)) return;
  node.slot.usedAt = at;
  joinIdleSlots(state, node);
  boundIdle(turn);
}

/** Appends a path that keeps its slot size without a request that pays for it; from now on it pays for itself. */
export function joinIdleSlots({ locks, holdings }: State, node: LockNode): void {
  joinIdle(locks.idleSlots, node);
  charge(holdings, undefined, idleSlotBytes(node));
}

/** Does nothing when the path is not there. From now on a request pays for it. */
export function leaveIdleSlots({ locks, holdings }: State, node: LockNode): void {
  if (node.idlePlace === undefined) return;
  leaveIdle(locks.idleSlots, node);
  discharge(holdings, undefined, idleSlotBytes(node));
}

/** Notes whether the namespace is idle now that something has left it. */
export function settleSpace(turn: Turn, space: LockSpace): void {
  if (isInUse(space) || space.idlePlace !== undefined) return;
  space.usedAt = turn.at;
  joinIdle(turn.state.locks.idleSpaces, space);
  boundIdle(turn);
}

/** Forgets the names that were used longest ago, as many as exceed the limit. */
export function boundIdle(turn: Turn): void {
  const { state } = turn;
  const { locks, limits } = state;
  const { idleSlots, idleSpaces } = locks;
  while (idleSlots.first !== undefined && idleSlots.size > limits.idleNamesMax) {
    forgetIdleSlot(turn, idleSlots.first.item);
  }
  while (idleSpaces.first !== undefined && idleSpaces.size > limits.idleNamesMax) {
    forgetSpace(state, idleSpaces.first.item);
  }
}

/**
 * Whether there is room for so many bytes more, below the maximum. If not, forgets the names that were used
 * longest ago, first paths and then namespaces, until there is room or none of them is left.
 */
export function makeRoom(turn: Turn, bytes: number, bytesMax: number): boolean {
  const { state } = turn;
  const { idleSlots, idleSpaces } = state.locks;
  while (state.holdings.bytes + bytes > bytesMax) {
    if (idleSlots.first !== undefined) forgetIdleSlot(turn, idleSlots.first.item);
    else if (idleSpaces.first !== undefined) forgetSpace(state, idleSpaces.first.item);
    else return false;
  }
  return true;
}

/** Forgets every name that nobody has used for `idleMs`. */
export function collect(turn: Turn, { idleMs }: Collect): void {
  const { at, state } = turn;
  const { idleSlots, idleSpaces } = state.locks;
  for (const node of idleItems(idleSlots)) {
    if (later(node.slot?.usedAt ?? at, idleMs) > at) break;
    forgetIdleSlot(turn, node);
  }
  for (const space of idleItems(idleSpaces)) {
    if (later(space.usedAt, idleMs) > at) break;
    forgetSpace(state, space);
  }
}

function isInUse({ requestsWaiting, requestsGranted, slotCount }: LockSpace): boolean {
  return requestsWaiting + requestsGranted + slotCount > 0;
}

function forgetIdleSlot(turn: Turn, node: LockNode): void {
  leaveIdleSlots(turn.state, node);
  forgetSlot(turn.state.locks, node);
  settleSpace(turn, node.space);
}

/** Should it come again, its count must not go back: clients may take a number for a fencing token. */
function forgetSpace({ locks, holdings }: State, space: LockSpace): void {
  if (space.lastNumber > locks.forgottenNumber) locks.forgottenNumber = space.lastNumber;
  leaveIdle(locks.idleSpaces, space);
  locks.spaces.delete(space.namespace);
  discharge(holdings, space.share, namespaceBytes(space.namespace));
}

/** The path pays for all its nodes, as a request does. */
function idleSlotBytes(node: LockNode): number {
  return costs.slot + pathBytesOf(node);
}
