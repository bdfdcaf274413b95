/** Namespaces, and the books that each keeps of the requests in it. */

import { namespaceBytes } from "../costs.ts";
import type { Namespace, TimeMs } from "../ids.ts";
import { charge, discharge, type Share } from "../shares.ts";
import type { State, Turn } from "../state.ts";
import { settleSpace } from "./idle.ts";
import { joinIdle, leaveIdle } from "./idle-line.ts";
import type { LockNode, LockRequest, LockSpace, Locks } from "./state.ts";
import { createRoot } from "./tree.ts";

/** The namespace, created if need be; then the share pays for it until it is forgotten. */
export function spaceNamed(
  state: State,
  namespace: Namespace,
  share: Share | undefined,
): LockSpace {
  return state.locks.spaces.get(namespace) ?? createSpace(state, namespace, share);
}

/** Counts in a request that has been accepted, be it waiting or granted. */
export function countIn({ locks, holdings }: State, lock: LockRequest): void {
  leaveIdle(locks.idleSpaces, lock.space);
  count(locks, lock, 1);
  charge(holdings, lock.share, lock.bytes);
  countInShare(lock, 1);
}

/** Counts out a request that has ended, after which the namespace may be idle. */
export function countOut(turn: Turn, lock: LockRequest): void {
  const { locks, holdings } = turn.state;
  count(locks, lock, -1);
  countInShare(lock, -1);
  discharge(holdings, lock.share, lock.bytes);
  settleSpace(turn, lock.space);
}

/** Charges a request to another share, which has claimed it. */
export function countOver({ holdings }: State, lock: LockRequest, share: Share | undefined): void {
  const former = lock.share;
  if (former === share) return;
  countInShare(lock, -1);
  lock.share = share;
  countInShare(lock, 1);
  charge(holdings, share, lock.bytes);
  discharge(holdings, former, lock.bytes);
}

/** Counts a waiting request, which has just got its token, as granted. */
export function countGranted(locks: Locks, lock: LockRequest): void {
  countWaiting(locks, lock, -1);
  countHeld(locks, lock, 1);
  const { share } = lock;
  if (share === undefined) return;
  share.waiters -= 1;
  share.locks += 1;
}

function count(locks: Locks, lock: LockRequest, by: 1 | -1): void {
  if (lock.token === undefined) countWaiting(locks, lock, by);
  else countHeld(locks, lock, by);
}

function countInShare({ share, token }: LockRequest, by: 1 | -1): void {
  if (share === undefined) return;
  if (token === undefined) share.waiters += by;
  else share.locks += by;
}

function countWaiting(locks: Locks, { space, claimCount }: LockRequest, by: 1 | -1): void {
  locks.waitingCount += by;
  space.requestsWaiting += by;
  space.claimsWaiting += by * claimCount;
}

function countHeld(locks: Locks, { space, claimCount }: LockRequest, by: 1 | -1): void {
  locks.grantedCount += by;
  space.requestsGranted += by;
  space.claimsGranted += by * claimCount;
}

/** A new namespace is idle until something is in it. */
function createSpace(
  { locks, holdings }: State,
  namespace: Namespace,
  share: Share | undefined,
): LockSpace {
  const empty = {
    namespace,
    share,
    nodeCount: 0,
    visitCount: 0,
    slotCount: 0,
    lastNumber: locks.forgottenNumber,
    usedAt: 0 as TimeMs,
    requestsWaiting: 0,
    requestsGranted: 0,
    claimsWaiting: 0,
    claimsGranted: 0,
    idlePlace: undefined,
  };
  const space = empty as typeof empty & { root: LockNode };
  space.root = createRoot(space);
  locks.spaces.set(namespace, space);
  joinIdle(locks.idleSpaces, space);
  charge(holdings, share, namespaceBytes(namespace));
  return space;
}
