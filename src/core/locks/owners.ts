/** What becomes of the locks of sessions that lose their connection, end, or restart with their node. */
import { type Belongings, belongingsOf, countOf, createBelongings } from "../belongings.ts";
import type { NodeId } from "../ids.ts";
import { rejected } from "../rejection.ts";
import { later, type Turn } from "../state.ts";
import { noVacancies } from "../vacancies.ts";
import { bequeath, endTogether, notifyOwner, setDeadline } from "./requests.ts";
import type { LockOwner, LockRequest, Locks } from "./state.ts";

export function ownsLocks({ locks }: LockOwner): boolean {
  return countOf(locks) > 0;
}

/** How many of the locks are granted. */
export function heldCountOf({ only, several }: Belongings<LockRequest>): number {
  if (several === undefined) return only?.token === undefined ? 0 : 1;
  let count = 0;
  for (const { token } of several.values()) if (token !== undefined) count += 1;
  return count;
}

/** Takes the waiting requests of the owners out of the line. */
export function endWaiting(turn: Turn, owners: readonly LockOwner[]): void {
  endTogether(
    turn,
    owners.flatMap(({ locks }) => belongingsOf(locks).filter(isWaiting)),
  );
}

/**
 * Ends what the owners have, in one moment. Waiters that can still be notified are; grants that may outlive
 * their session stay, and go to the estate of the node.
 */
export function endOwned(turn: Turn, owners: readonly LockOwner[]): void {
  const ending: LockRequest[] = [];
  for (const owner of owners) {
    for (const lock of belongingsOf(owner.locks)) {
      if (!isWaiting(lock) && lock.outlivesSession) {
        bequeath(estateOf(turn.state.locks, owner.node), lock);
        continue;
      }
      ending.push(lock);
      if (isWaiting(lock) && owner.isAttached) {
        notifyOwner(turn, lock, rejected("session_ended", "the session is over"));
      }
    }
  }
  endTogether(turn, ending);
}

/**
 * Holders could not renew through a node that was down: none of their leases ends before they had the
 * grace to do so, or as much of it as the lease is long.
 */
export function protectLeases(turn: Turn, owners: Iterable<LockOwner>, graceMs: number): void {
  for (const { locks } of owners) {
    for (const lock of belongingsOf(locks)) protectLease(turn, lock, graceMs);
  }
}

/** The owner of the grants that outlived their sessions on the node; made when first needed. */
export function estateOf({ estates }: Locks, node: NodeId): LockOwner {
  const known = estates.get(node);
  if (known !== undefined) return known;
  const estate = {
    id: undefined,
    api: undefined,
    node,
    isAttached: false,
    locks: createBelongings<LockRequest>(true),
    share: undefined,
    vacancies: noVacancies,
  };
  estates.set(node, estate);
  return estate;
}

function protectLease(turn: Turn, lock: LockRequest, graceMs: number): void {
  const { token, deadline, leaseMs } = lock;
  if (token === undefined || deadline === undefined || leaseMs === undefined) return;
  const protectedUntil = later(turn.at, Math.min(leaseMs, graceMs));
  if (protectedUntil > deadline.at) setDeadline(turn.state.locks, lock, protectedUntil);
}

function isWaiting({ token }: LockRequest): boolean {
  return token === undefined;
}
