/** Namespaces, and the books that each keeps of the requests in it. */
import type { Namespace, TimeMs } from "../ids.ts";
import type { Turn } from "../state.ts";
import { settleSpace } from "./idle.ts";
import { joinIdle, leaveIdle } from "./idle-line.ts";
import type { LockNode, LockRequest, LockSpace, Locks } from "./state.ts";
import { createRoot } from "./tree.ts";

export function spaceNamed(locks: Locks, namespace: Namespace): LockSpace {
  return locks.spaces.get(namespace) ?? createSpace(locks, namespace);
}

/** Counts in a request that has been accepted, be it waiting or granted. */
export function countIn(locks: Locks, lock: LockRequest): void {
  leaveIdle(locks.idleSpaces, lock.space);
  count(locks, lock, 1);
}

/** Counts out a request that has ended, after which the namespace may be idle. */
export function countOut(turn: Turn, lock: LockRequest): void {
  count(turn.state.locks, lock, -1);
  settleSpace(turn, lock.space);
}

/** Counts a waiting request, which has just got its token, as granted. */
export function countGranted(locks: Locks, lock: LockRequest): void {
  countWaiting(locks, lock, -1);
  countHeld(locks, lock, 1);
}

function count(locks: Locks, lock: LockRequest, by: 1 | -1): void {
  if (lock.token === undefined) countWaiting(locks, lock, by);
  else countHeld(locks, lock, by);
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
function createSpace(locks: Locks, namespace: Namespace): LockSpace {
  const empty = {
    namespace,
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
  return space;
}
