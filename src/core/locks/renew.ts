import { belongingOf } from "../belongings.ts";
import { isDuration } from "../limits.ts";
import { isRejection, type Rejection, rejected } from "../rejection.ts";
import { later, reply, type State, type Turn } from "../state.ts";
import { tooManyLocks } from "./acquire.ts";
import type { Renew } from "./commands.ts";
import type { Renewed } from "./outcomes.ts";
import { moveTo, setDeadline } from "./requests.ts";
import type { LockOwner, LockRequest } from "./state.ts";
import { findLock, lockOf } from "./target.ts";

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
  const unfit = leaseFault(command);
  if (unfit !== undefined) return unfit;
  const lock = lockOf(turn, owner, target);
  if (isRejection(lock)) return lock;
  const { token, number } = lock;
  if (token === undefined) return notGranted;
  const fault = claimFault(turn.state, owner, lock);
  if (fault !== undefined) return fault;
  if (!lock.owner.isAttached && lock.owner !== owner) moveTo(turn.state, owner, lock);
  const leaseUntil = later(turn.at, leaseMs);
  lock.leaseMs = leaseMs;
  setDeadline(turn.state.locks, lock, leaseUntil);
  return { type: "renewed", number, token, leaseUntil };
}

/** The lock that the renewal would prolong; changes nothing. */
export function lockToRenew(
  state: State,
  owner: LockOwner,
  command: Renew,
): LockRequest | Rejection {
  const unfit = leaseFault(command);
  if (unfit !== undefined) return unfit;
  const lock = findLock(state, owner, command.target);
  if (isRejection(lock)) return lock;
  if (lock.token === undefined) return notGranted;
  return claimFault(state, owner, lock) ?? lock;
}

function leaseFault({ leaseMs }: Renew): Rejection | undefined {
  if (isDuration(leaseMs) && leaseMs > 0) return undefined;
  return rejected("invalid_argument", "a lease is a whole number of milliseconds greater than 0");
}

/** The session may renew it: it has a lease, or nobody speaks for its owner (decision 0008). */
function claimFault(state: State, owner: LockOwner, lock: LockRequest): Rejection | undefined {
  if (lock.owner.isAttached || lock.owner === owner) {
    if (lock.deadline !== undefined) return undefined;
    return rejected("invalid_argument", "the lock has no lease");
  }
  return tooManyLocks(state, owner) ?? requestInUse(owner, lock);
}

/** A session has one lock for each request id, so that it can name them by these. */
function requestInUse({ locks }: LockOwner, { request }: LockRequest): Rejection | undefined {
  if (belongingOf(locks, request) === undefined) return undefined;
  return rejected("invalid_argument", "the request id of the lock is in use");
}

const notGranted = rejected("not_holder", "the lock is not granted yet");
