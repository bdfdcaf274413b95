import { addBelonging, belongingOf, removeBelonging } from "./belongings.ts";
import type { Renew } from "./command.ts";
import type { Outcome } from "./effect.ts";
import { isDuration, leaseEndsAt, lockOf, tooManyLocks } from "./locks.ts";
import { type Rejection, rejected } from "./rejection.ts";
import { type LockRequest, later, type Session, type Turn } from "./state.ts";

/**
 * Restarts the lease, be it longer or shorter than what was left. A lock whose owner is gone, such as
 * by a restart of the server, then belongs to who renews it, and has a lease if it had none.
 */
export function renew(turn: Turn, session: Session, command: Renew): Outcome {
  if (!isDuration(command.leaseMs) || command.leaseMs === 0) {
    return rejected("invalid_argument", "a lease is a whole number of milliseconds greater than 0");
  }
  const lock = lockOf(turn, session, command.target);
  if (lock.type === "rejected") return lock;
  const { token } = lock;
  if (token === undefined) return rejected("not_holder", "the lock is not granted yet");
  if (isOrphan(lock) && lock.session !== session) {
    const fault = claimFault(turn, session, lock);
    if (fault !== undefined) return fault;
    moveTo(session, lock);
  } else if (lock.deadline === undefined) {
    return rejected("invalid_argument", "the lock has no lease");
  }
  const leaseUntil = later(turn.at, command.leaseMs);
  lock.leaseMs = command.leaseMs;
  leaseEndsAt(turn, lock, leaseUntil);
  return { type: "renewed", number: lock.number, token, leaseUntil };
}

/** Nobody can speak for its owner, if it has one: whoever has its key may claim it (decision 0008). */
function isOrphan({ session }: LockRequest): boolean {
  return session === undefined || !session.isAttached;
}

/** Why the session cannot have one more lock, or not this one. */
function claimFault(turn: Turn, session: Session, lock: LockRequest): Rejection | undefined {
  if (belongingOf(session.requests, lock.id) !== undefined) {
    return rejected("invalid_argument", "the request id is in use");
  }
  return tooManyLocks(turn, session);
}

function moveTo(session: Session, lock: LockRequest): void {
  if (lock.session !== undefined) removeBelonging(lock.session.requests, lock);
  lock.session = session;
  addBelonging(session.requests, lock);
}
