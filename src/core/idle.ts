/**
 * What is remembered of names that nobody uses: the slot size of a path, and how far a namespace has
 * counted. Both are forgotten by `collect`, or at once when there are too many.
 */
import { idleItems, joinIdle, leaveIdle } from "./idle-line.ts";
import type { Namespace, TimeMs } from "./ids.ts";
import { type LockNode, type LockSpace, later, type State, type Turn } from "./state.ts";
import { createRoot, forgetSlot, isIdleSlot } from "./tree.ts";

export function spaceNamed(state: State, namespace: Namespace): LockSpace {
  return state.spaces.get(namespace) ?? createSpace(state, namespace);
}

/** Notes whether anything is in the namespace; to be called whenever that may have changed. */
export function settleSpace(turn: Turn, space: LockSpace): void {
  const { state, at } = turn;
  if (space.requestsWaiting + space.requestsGranted + space.slotCount > 0) {
    leaveIdle(state.idleSpaces, space);
    return;
  }
  if (space.idlePlace !== undefined) return;
  space.usedAt = at;
  joinIdle(state.idleSpaces, space);
  boundIdle(turn);
}

/** Notes that the path was used just now, if it keeps a slot size, and whether it is idle from now on. */
export function touchSlot(turn: Turn, node: LockNode): void {
  const { state, at } = turn;
  if (node.slot === undefined) return;
  leaveIdle(state.idleSlots, node);
  if (!isIdleSlot(node)) return;
  node.slot.usedAt = at;
  joinIdle(state.idleSlots, node);
  boundIdle(turn);
}

/** Forgets the names that were used longest ago, as many as are beyond the limit. */
export function boundIdle(turn: Turn): void {
  const { idleSlots, idleSpaces, limits } = turn.state;
  while (idleSlots.first !== undefined && idleSlots.size > limits.idleNamesMax) {
    forgetIdleSlot(turn, idleSlots.first.item);
  }
  while (idleSpaces.first !== undefined && idleSpaces.size > limits.idleNamesMax) {
    forgetSpace(turn.state, idleSpaces.first.item);
  }
}

/** Forgets every name that nobody has used for `idleMs`. */
export function collect(turn: Turn, idleMs: number): void {
  const { state, at } = turn;
  for (const node of idleItems(state.idleSlots)) {
    if (later(node.slot?.usedAt ?? at, idleMs) > at) break;
    forgetIdleSlot(turn, node);
  }
  for (const space of idleItems(state.idleSpaces)) {
    if (later(space.usedAt, idleMs) > at) break;
    forgetSpace(state, space);
  }
}

function createSpace(state: State, namespace: Namespace): LockSpace {
  const empty = {
    namespace,
    nodeCount: 0,
    visitCount: 0,
    slotCount: 0,
    lastNumber: state.forgottenNumber,
    usedAt: 0 as TimeMs,
    requestsWaiting: 0,
    requestsGranted: 0,
    claimsWaiting: 0,
    claimsGranted: 0,
    idlePlace: undefined,
  };
  const space = empty as typeof empty & { root: LockNode };
  space.root = createRoot(space);
  state.spaces.set(namespace, space);
  return space;
}

function forgetIdleSlot(turn: Turn, node: LockNode): void {
  leaveIdle(turn.state.idleSlots, node);
  forgetSlot(turn.state, node);
  settleSpace(turn, node.space);
}

/** Should it come again, its count must not go back: clients may take a number for a fencing token. */
function forgetSpace(state: State, space: LockSpace): void {
  if (space.lastNumber > state.forgottenNumber) state.forgottenNumber = space.lastNumber;
  leaveIdle(state.idleSpaces, space);
  state.spaces.delete(space.namespace);
}
