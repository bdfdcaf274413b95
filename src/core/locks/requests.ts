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
import { addBelonging, removeBelonging } from "../belongings.ts";
import { append, unlink } from "../chain.ts";
import { addDeadline, moveDeadline, removeDeadline } from "../deadlines.ts";
import type { Outcome } from "../effect.ts";
import type { FencingToken, TimeMs } from "../ids.ts";
import { rejected } from "../rejection.ts";
import type { Share } from "../shares.ts";
import { later, notify, type State, type Turn } from "../state.ts";
import { drop, insert } from "../table.ts";
import { occupy, vacate } from "../vacancies.ts";
import type { Claim } from "./commands.ts";
import type { Granted } from "./outcomes.ts";
import { countGranted, countIn, countOut, countOver } from "./spaces.ts";
import type { LockFacts, LockOwner, LockRequest, LockSpace, Locks } from "./state.ts";
import { enterTree, leaveTree } from "./visits.ts";

/**
 * Of a lease and a wait that end in the same millisecond the lease ends first, so that the waiter gets the
 * lock and does not miss it by nothing.
 */
const deadlineRank = { lease: 1, wait: 2 } as const;

export interface Placing {
  readonly space: LockSpace;
  readonly owner: LockOwner;
  readonly share: Share | undefined;
  readonly claims: readonly Claim[];
  /** The cost of the request. */
  readonly bytes: number;
}

/** A request in the tree, which is not live yet; new, or as a snapshot has kept it. */
export function placeRequest(
  state: State,
  facts: LockFacts,
  { space, owner, share, claims, bytes }: Placing,
): LockRequest {
  const lock: LockRequest = {
    space,
    owner,
    number: facts.number,
    acceptedIndex: facts.acceptedIndex,
    acceptedAt: facts.acceptedAt,
    request: facts.request,
    key: facts.key,
    outlivesSession: facts.outlivesSession,
    leaseMs: facts.leaseMs,
    token: facts.token,
    grantedAt: facts.grantedAt,
    share,
    bytes,
    claimCount: claims.length,
    keyed: undefined,
    lastVisit: undefined,
    blockedCount: 0,
    deadline: undefined,
    isLive: false,
    previous: undefined,
    next: undefined,
  };
  enterTree(state, lock, claims);
  return lock;
}

/** Puts a request that is in the tree among the live ones. */
export function addLive(state: State, lock: LockRequest): void {
  const { locks } = state;
  lock.isLive = true;
  append(locks.live, lock);
  addTo(lock.owner, lock);
  if (lock.key !== undefined) {
    lock.keyed = { name: lock.key, hash: 0, following: undefined, lock };
    insert(locks.keys, lock.keyed);
  }
  countIn(state, lock);
}

/** Gives the request the next token, and its lease. */
export function grant(turn: Turn, lock: LockRequest): Granted {
  const { state, at } = turn;
  const token = (state.lastToken + 1) as FencingToken;
  state.lastToken = token;
  lock.token = token;
  if (at !== lock.acceptedAt) lock.grantedAt = at;
  countGranted(state.locks, lock);
  clearDeadline(state.locks, lock);
  const { number, leaseMs } = lock;
  if (leaseMs === undefined) return { type: "granted", number, token };
  const leaseUntil = later(at, leaseMs);
  setDeadline(state.locks, lock, leaseUntil);
  return { type: "granted", number, token, leaseUntil };
}

/**
 * Ends the requests in one moment: all are gone before the next is granted, so that none of them
 * is. Grants follow in the order of the requests.
 */
export function endTogether(turn: Turn, locks: Iterable<LockRequest>): void {
  const freed: LockRequest[] = [];
  for (const lock of locks) remove(turn, lock, freed);
  if (freed.length > 1) freed.sort((a, b) => a.acceptedIndex - b.acceptedIndex);
  for (const lock of freed) {
    if (lock.isLive) notifyOwner(turn, lock, grant(turn, lock));
  }
}

/** Ends the first request whose deadline has come: its wait, or its lease. */
export function expire(turn: Turn, lock: LockRequest): void {
  const outcome: Outcome =
    lock.token === undefined
      ? rejected("wait_timeout", "the wait was over before the lock was free")
      : { type: "lease_expired", number: lock.number };
  notifyOwner(turn, lock, outcome);
  endTogether(turn, [lock]);
}

export function notifyOwner(turn: Turn, lock: LockRequest, outcome: Outcome): void {
  notify(turn, lock.owner.id, lock, outcome);
}

/** Hands the lock over to a session that has claimed it, with its cost. */
export function moveTo(state: State, owner: LockOwner, lock: LockRequest): void {
  bequeath(owner, lock);
  countOver(state, lock, owner.share);
}

/** Hands the lock over to an estate. The address of the session goes on paying for it. */
export function bequeath(estate: LockOwner, lock: LockRequest): void {
  removeFrom(lock.owner, lock);
  lock.owner = estate;
  addTo(estate, lock);
}

/** Sets or moves the end of the wait, or of the lease once the lock is granted. */
export function setDeadline({ deadlines }: Locks, lock: LockRequest, at: TimeMs): void {
  if (lock.deadline !== undefined) {
    moveDeadline(deadlines, lock.deadline, at);
    return;
  }
  const rank = lock.token === undefined ? deadlineRank.wait : deadlineRank.lease;
  lock.deadline = addDeadline(deadlines, at, rank, lock.acceptedIndex, lock);
}

function addTo({ locks, vacancies }: LockOwner, lock: LockRequest): void {
  addBelonging(locks, lock);
  if (vacancies.length > 0) occupy(vacancies);
}

function removeFrom({ locks, vacancies }: LockOwner, lock: LockRequest): void {
  removeBelonging(locks, lock);
  if (vacancies.length > 0) vacate(vacancies);
}

function clearDeadline({ deadlines }: Locks, lock: LockRequest): void {
  if (lock.deadline !== undefined) removeDeadline(deadlines, lock.deadline);
  lock.deadline = undefined;
}

function remove(turn: Turn, lock: LockRequest, freed: LockRequest[]): void {
  const { locks } = turn.state;
  lock.isLive = false;
  unlink(locks.live, lock);
  removeFrom(lock.owner, lock);
  if (lock.keyed !== undefined) drop(locks.keys, lock.keyed);
  clearDeadline(locks, lock);
  leaveTree(turn, lock, freed);
  countOut(turn, lock);
}
