/**
 * Lock requests: from acceptance over waiting and grant to their end.
 *
 *            acquire                   release, revoke, lease over, session over
 *   (none) ----------> waiting --> granted ----------------------------------> (none)
 *                         |                                                       ^
 *                         +-------------------------------------------------------+
 *                           release, wait over, session or connection over
 *
 * A request is granted at the first moment when no live request of its namespace with a smaller
 * number conflicts with it, and, for a slot, when fewer than `size` of them want the same path.
 */
import { addBelonging, belongingOf, countOf, removeBelonging } from "./belongings.ts";
import { claimsFault, essentialClaims } from "./claims.ts";
import type { Acquire, Claim, LockTarget, Release } from "./command.ts";
import { addDeadline, deadlineRank, moveDeadline, removeDeadline } from "./deadlines.ts";
import type { Outcome } from "./effect.ts";
import { settleSpace, spaceNamed, touchSlot } from "./idle.ts";
import { leaveIdle } from "./idle-line.ts";
import type { FencingToken, LockNumber, Namespace, RequestId, TimeMs } from "./ids.ts";
import { durationMsMax, isLongerThan } from "./limits.ts";
import { isEndOfClaims } from "./line.ts";
import { type Rejection, rejected } from "./rejection.ts";
import {
  type LockNode,
  type LockRequest,
  type LockSpace,
  later,
  type Session,
  type State,
  type Turn,
  visitKind,
} from "./state.ts";
import { drop, hashOf, insert, lookUp } from "./table.ts";
import { endsAt, enterTree, findNode, forgetSlot, isIdleSlot, leaveTree } from "./tree.ts";

/** Grants the claims when nobody is in the way; else the request waits in line, if it wants to. */
export function acquire(turn: Turn, session: Session, command: Acquire): Outcome {
  const fault = acquireFault(turn, session, command);
  if (fault !== undefined) return fault;
  const claims = essentialClaims(command.claims);
  if (claims === undefined || hasOtherSlotSize(turn, command.namespace, claims)) {
    return rejected("size_mismatch", "the name is in use with another size");
  }
  if (isKnown(turn, session, command)) {
    return rejected("invalid_argument", "the request id or key is in use");
  }
  const space = spaceNamed(turn.state, command.namespace);
  const lock = createRequest(turn, space, session, command, claims.length);
  enterTree(lock, claims, turn.at);
  if (lock.blockedCount > 0 && command.waitMs === 0) {
    withdraw(turn, lock);
    return rejected("lock_held", "the lock is held");
  }
  accept(turn, lock);
  if (lock.blockedCount === 0) return grant(turn, lock);
  if (command.waitMs !== undefined) {
    const waitUntil = later(turn.at, command.waitMs);
    const { wait } = deadlineRank;
    lock.deadline = addDeadline(turn.state.deadlines, waitUntil, wait, turn.index, lock);
  }
  return { type: "waiting", number: lock.number };
}

/** Gives back what the target names; whoever is next gets it in the same entry. */
export function release(turn: Turn, session: Session | undefined, command: Release): void {
  const answer = (outcome: Outcome) => {
    turn.effects.push({ session: command.session, request: command.request, outcome });
  };
  const lock = lockOf(turn, session, command.target);
  if (lock.type === "rejected") {
    answer(lock);
    return;
  }
  const { number, session: owner } = lock;
  answer({ type: "released", number });
  if (owner !== undefined && owner !== session) {
    tell(turn, owner, lock.id, { type: "released_by_other", number });
  }
  endTogether(turn, [lock]);
}

/** The deadline of the request has come: the end of its wait, or of its lease. */
export function expire(turn: Turn, lock: LockRequest): void {
  const outcome: Outcome =
    lock.token === undefined
      ? rejected("wait_timeout", "the wait was over before the lock was free")
      : { type: "lease_expired", number: lock.number };
  if (lock.session !== undefined) tell(turn, lock.session, lock.id, outcome);
  endTogether(turn, [lock]);
}

/**
 * Ends the requests in one moment: all are gone before the next is granted, so that none of them
 * is. Grants follow in the order in which they were asked for.
 */
export function endTogether(turn: Turn, locks: Iterable<LockRequest>): void {
  const freed: LockRequest[] = [];
  for (const lock of locks) remove(turn, lock, freed);
  if (freed.length > 1) freed.sort((a, b) => a.acceptedIndex - b.acceptedIndex);
  for (const lock of freed) {
    if (!lock.isLive) continue;
    const granted = grant(turn, lock);
    if (lock.session !== undefined) tell(turn, lock.session, lock.id, granted);
  }
}

export function tell(turn: Turn, session: Session, request: RequestId, outcome: Outcome): void {
  turn.effects.push({ session: session.id, request, outcome });
}

/** Puts a request that entered the tree among the live ones; also when one is restored. */
export function addLive(state: State, lock: LockRequest): void {
  lock.isLive = true;
  lock.previousLive = state.lastLive;
  if (state.lastLive === undefined) state.firstLive = lock;
  else state.lastLive.nextLive = lock;
  state.lastLive = lock;
  if (lock.session !== undefined) addBelonging(lock.session.requests, lock);
  if (lock.key !== undefined) {
    lock.keyed = { name: lock.key, hash: hashOf(lock.key), following: undefined, lock };
    insert(state.keys, lock.keyed);
  }
  count(state, lock, 1);
}

function acquireFault(turn: Turn, session: Session, command: Acquire): Rejection | undefined {
  const { limits } = turn.state;
  if (isLongerThan(command.namespace, limits.nameBytesMax)) {
    return rejected("limit_exceeded", `a name has at most ${limits.nameBytesMax} bytes`);
  }
  const fault = tooManyLocks(turn, session) ?? claimsFault(command.claims, limits);
  if (fault !== undefined) return fault;
  if (!isDuration(command.waitMs ?? 0) || !isDuration(command.leaseMs ?? 1)) {
    return rejected("invalid_argument", "a wait or lease is a whole number of milliseconds");
  }
  if (command.leaseMs === 0) return rejected("invalid_argument", "a lease is greater than 0");
  return undefined;
}

/** Why the session can have no more. */
export function tooManyLocks({ state }: Turn, { requests }: Session): Rejection | undefined {
  const { locksPerSessionMax } = state.limits;
  if (countOf(requests) < locksPerSessionMax) return undefined;
  return rejected("limit_exceeded", `a session has at most ${locksPerSessionMax} locks`);
}

function isKnown({ state }: Turn, session: Session, { request, key }: Acquire): boolean {
  return (
    belongingOf(session.requests, request) !== undefined ||
    (key !== undefined && lookUp(state.keys, key) !== undefined)
  );
}

/** Whether it is a length of time in milliseconds, as waits and leases have. */
export function isDuration(durationMs: number): boolean {
  return Number.isInteger(durationMs) && durationMs >= 0 && durationMs <= durationMsMax;
}

/** Whether a slot path is known with another size. To ask is to use it. */
function hasOtherSlotSize(turn: Turn, namespace: Namespace, claims: readonly Claim[]): boolean {
  const space = turn.state.spaces.get(namespace);
  if (space === undefined) return false;
  for (const claim of claims) {
    if (claim.mode !== "slot") continue;
    const node = findNode(space, claim.path);
    if (node?.slot === undefined || node.slot.size === claim.size) continue;
    touchSlot(turn, node);
    return true;
  }
  return false;
}

function createRequest(
  { index, at }: Turn,
  space: LockSpace,
  session: Session,
  command: Acquire,
  claimCount: number,
): LockRequest {
  return {
    type: "lock",
    space,
    number: (space.lastNumber + 1) as LockNumber,
    acceptedIndex: index,
    acceptedAt: at,
    id: command.request,
    session,
    claimCount,
    key: command.key,
    keyed: undefined,
    outlivesSession: command.outlivesSession === true,
    leaseMs: command.leaseMs,
    lastVisit: undefined,
    blockedCount: 0,
    token: undefined,
    grantedAt: undefined,
    deadline: undefined,
    isLive: false,
    previousLive: undefined,
    nextLive: undefined,
  };
}

/** Leaves the tree as if the request had never been; being the last in every line it blocked nobody. */
function withdraw(turn: Turn, lock: LockRequest): void {
  leaveTree(turn.state, lock, []);
  for (const node of slotNodes(lock)) {
    const isNew = isIdleSlot(node) && node.idlePlace === undefined;
    if (isNew) forgetSlot(turn.state, node);
    else touchSlot(turn, node);
  }
}

function accept(turn: Turn, lock: LockRequest): void {
  const { space } = lock;
  space.lastNumber = lock.number;
  addLive(turn.state, lock);
  for (const node of slotNodes(lock)) leaveIdle(turn.state.idleSlots, node);
  settleSpace(turn, space);
}

function grant(turn: Turn, lock: LockRequest): Outcome {
  const { state, at } = turn;
  count(state, lock, -1);
  state.lastToken = (state.lastToken + 1) as FencingToken;
  lock.token = state.lastToken;
  lock.grantedAt = at;
  count(state, lock, 1);
  if (lock.deadline !== undefined) removeDeadline(state.deadlines, lock.deadline);
  lock.deadline = undefined;
  const granted = { type: "granted", number: lock.number, token: lock.token } as const;
  if (lock.leaseMs === undefined) return granted;
  const leaseUntil = later(at, lock.leaseMs);
  leaseEndsAt(turn, lock, leaseUntil);
  return { ...granted, leaseUntil };
}

/** Sets the end of the lease of a granted lock, or moves it. */
export function leaseEndsAt({ state }: Turn, lock: LockRequest, at: TimeMs): void {
  if (lock.deadline !== undefined) {
    moveDeadline(state.deadlines, lock.deadline, at);
  } else {
    const { lease } = deadlineRank;
    lock.deadline = addDeadline(state.deadlines, at, lease, lock.acceptedIndex, lock);
  }
}

function remove(turn: Turn, lock: LockRequest, freed: LockRequest[]): void {
  const { state } = turn;
  lock.isLive = false;
  if (lock.previousLive === undefined) state.firstLive = lock.nextLive;
  else lock.previousLive.nextLive = lock.nextLive;
  if (lock.nextLive === undefined) state.lastLive = lock.previousLive;
  else lock.nextLive.previousLive = lock.previousLive;
  lock.previousLive = undefined;
  lock.nextLive = undefined;
  if (lock.session !== undefined) removeBelonging(lock.session.requests, lock);
  if (lock.keyed !== undefined) drop(state.keys, lock.keyed);
  if (lock.deadline !== undefined) removeDeadline(state.deadlines, lock.deadline);
  count(state, lock, -1);
  leaveTree(state, lock, freed);
  for (const node of slotNodes(lock)) touchSlot(turn, node);
  settleSpace(turn, lock.space);
}

/** The nodes in which the request wants a slot. */
function slotNodes(lock: LockRequest): readonly LockNode[] {
  const nodes: LockNode[] = [];
  for (let visit = lock.lastVisit; visit !== undefined; visit = visit.earlier) {
    if (visit.kind === visitKind.slot) nodes.push(visit.node);
  }
  return nodes;
}

/** Counts the request in or out, as waiting or granted, whichever it is. */
function count(state: State, lock: LockRequest, by: 1 | -1): void {
  const { space } = lock;
  const claims = by * lock.claimCount;
  if (lock.token === undefined) {
    state.waitingCount += by;
    space.requestsWaiting += by;
    space.claimsWaiting += claims;
  } else {
    state.grantedCount += by;
    space.requestsGranted += by;
    space.claimsGranted += claims;
  }
}

/** The lock that is meant: by the own request also one that waits. */
export function lockOf(
  turn: Turn,
  session: Session | undefined,
  target: LockTarget,
): LockRequest | Rejection {
  if (target.type === "request") {
    const own = session && belongingOf(session.requests, target.request);
    return own ?? rejected("not_holder", "no such lock here");
  }
  const space = turn.state.spaces.get(target.namespace);
  const node = space && findNode(space, target.path);
  if (space === undefined || node === undefined) return unknownName;
  touchSlot(turn, node);
  const lock = lookUp(turn.state.keys, target.key)?.lock;
  const isHolder = lock?.token !== undefined && lock.space === space && endsAt(lock, node);
  if (isHolder) return lock;
  const isName = node.slot !== undefined || isEndOfClaims(node);
  return isName ? rejected("not_holder", "the key is not that of a holder") : unknownName;
}

const unknownName = rejected("not_found", "no lock of that name is known");
