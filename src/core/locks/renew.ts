import { belongingOf } from "../belongings.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { later, reply, type Turn } from "../state.ts";
import { tooManyLocks } from "./acquire.ts";
import type { Renew } from "./commands.ts";
import type { Renewed } from "./outcomes.ts";
import { isDuration, moveTo, setDeadline } from "./requests.ts";
import type { LockOwner, LockRequest } from "./state.ts";
import { isRejection, lockOf } from "./target.ts";

/**
 * Restarts the lease, be it longer or shorter than the rest of the old one. A lock whose owner is gone,
 * for instance after a restart of the server, then belongs to the session that renews it, and gets a lease
 * if it had none.
 */
export function renew(turn: Turn, owner: LockOwner, command: Renew): void {
  reply(turn, command, renewed(turn, owner, command));
}

function renewed(turn: Turn, owner: LockOwner, command: Renew): Renewed | Rejection {
  const { leaseMs, target } = command;
  if (!isDuration(leaseMs) || leaseMs === 0) {
    return rejected("invalid_argument", "a lease is a whole number of milliseconds greater than 0");
  }
  const lock = lockOf(turn, owner, target);
  if (isRejection(lock)) return lock;
  const { token, number } = lock;
  if (token === undefined) return rejected("not_holder", "the lock is not granted yet");
  const fault = claim(turn, owner, lock);
  if (fault !== undefined) return fault;
  const leaseUntil = later(turn.at, leaseMs);
  lock.leaseMs = leaseMs;
  setDeadline(turn.state.locks, lock, leaseUntil);
  return { type: "renewed", number, token, leaseUntil };
}

/** The session may renew it: it has a lease, or nobody speaks for its owner (decision 0008). */
function claim(turn: Turn, owner: LockOwner, lock: LockRequest): Rejection | undefined {
  if (lock.owner.isAttached || lock.owner === owner) {
    if (lock.deadline !== undefined) return undefined;
    return rejected("invalid_argument", "the lock has no lease");
  }
  const fault = tooManyLocks(turn, owner) ?? requestInUse(owner, lock);
  if (fault === undefined) moveTo(turn.state, owner, lock);
  return fault;
}

/** A session has one lock for each request id, so that it can name them by these. */
function requestInUse({ locks }: LockOwner, { request }: LockRequest): Rejection | undefined {
  if (belongingOf(locks, request) === undefined) return undefined;
  return rejected("invalid_argument", "the request id of the lock is in use");
}
