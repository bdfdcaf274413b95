/**
 * What is remembered of names that nobody uses: the slot size of a path, and how far a namespace has
 * counted. `collect` forgets both when they are old, and the limit forgets the oldest at once.
 */
import { later, type Turn } from "../state.ts";
import type { Collect } from "./commands.ts";
import { idleItems, joinIdle, leaveIdle } from "./idle-line.ts";
import type { LockNode, LockSpace, Locks } from "./state.ts";
import { forgetSlot, isIdleSlot } from "./tree.ts";

/** Notes that the path was used just now, if it keeps a slot size, and whether it is idle from now on. */
export function touchSlot(turn: Turn, node: LockNode): void {
  const { locks } = turn.state;
  if (node.slot === undefined) return;
  leaveIdle(locks.idleSlots, node);
  if (!isIdleSlot(node)) return;
  node.slot.usedAt = turn.at;
  joinIdle(locks.idleSlots, node);
  boundIdle(turn);
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
  const { locks, limits } = turn.state;
  const { idleSlots, idleSpaces } = locks;
  while (idleSlots.first !== undefined && idleSlots.size > limits.idleNamesMax) {
    forgetIdleSlot(turn, idleSlots.first.item);
  }
  while (idleSpaces.first !== undefined && idleSpaces.size > limits.idleNamesMax) {
    forgetSpace(locks, idleSpaces.first.item);
  }
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
    forgetSpace(state.locks, space);
  }
}

function isInUse({ requestsWaiting, requestsGranted, slotCount }: LockSpace): boolean {
  return requestsWaiting + requestsGranted + slotCount > 0;
}

function forgetIdleSlot(turn: Turn, node: LockNode): void {
  const { locks } = turn.state;
  leaveIdle(locks.idleSlots, node);
  forgetSlot(locks, node);
  settleSpace(turn, node.space);
}

/** Should it come again, its count must not go back: clients may take a number for a fencing token. */
function forgetSpace(locks: Locks, space: LockSpace): void {
  if (space.lastNumber > locks.forgottenNumber) locks.forgottenNumber = space.lastNumber;
  leaveIdle(locks.idleSpaces, space);
  locks.spaces.delete(space.namespace);
}
