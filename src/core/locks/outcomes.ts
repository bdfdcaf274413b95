import type { FencingToken, LockNumber, TimeMs } from "../ids.ts";

export type LockOutcome =
  | Waiting
  | Granted
  | Released
  | ReleasedByOther
  | Renewed
  | LeaseExpired
  | Revoked;

/** In line; a `granted` or a rejection follows. */
export interface Waiting {
  readonly type: "waiting";
  readonly number: LockNumber;
}

export interface Granted {
  readonly type: "granted";
  readonly number: LockNumber;
  readonly token: FencingToken;
  /** Absent: as long as the session. */
  readonly leaseUntil?: TimeMs;
}

/** Given back, or out of the line. */
export interface Released {
  readonly type: "released";
  readonly number: LockNumber;
}

/** Sent to the owner, under the request that acquired: another session has released the lock by its key. */
export interface ReleasedByOther {
  readonly type: "released_by_other";
  readonly number: LockNumber;
}

export interface Renewed {
  readonly type: "renewed";
  readonly number: LockNumber;
  readonly token: FencingToken;
  readonly leaseUntil: TimeMs;
}

/** Sent to the owner, under the request that acquired: the lease is over, and the lock with it. */
export interface LeaseExpired {
  readonly type: "lease_expired";
  readonly number: LockNumber;
}

/** Sent to the owner, under the request that acquired: an operator has taken the lock away. */
export interface Revoked {
  readonly type: "revoked";
  readonly number: LockNumber;
}
