import type { FencingToken, LockNumber, RequestId, SessionId, TimeMs } from "./ids.ts";
import type { Rejection } from "./rejection.ts";

/** What must be told, and to whom. A request may have several: `waiting`, later `granted`. */
export interface Effect {
  readonly session: SessionId;
  readonly request: RequestId;
  readonly outcome: Outcome;
}

export type Outcome =
  | SessionOpened
  | SessionTouched
  | SessionClosed
  | SessionKicked
  | Waiting
  | Granted
  | Released
  | ReleasedByOther
  | Renewed
  | LeaseExpired
  | Revoked
  | ApiTokenCreated
  | ApiTokenRevoked
  | Rejection;

export interface SessionOpened {
  readonly type: "session_opened";
}

export interface SessionTouched {
  readonly type: "session_touched";
}

export interface SessionClosed {
  readonly type: "session_closed";
}

/** Told to the session, under the request of the operator: he has ended it, with all that it owned. */
export interface SessionKicked {
  readonly type: "session_kicked";
}

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

/** Told to the owner, under the request that acquired: another session has given it back by its key. */
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

/** Told to the request that acquired: the lease is over, and the lock with it. */
export interface LeaseExpired {
  readonly type: "lease_expired";
  readonly number: LockNumber;
}

/** Told to the owner, under the request that acquired: an operator has taken the lock away. */
export interface Revoked {
  readonly type: "revoked";
  readonly number: LockNumber;
}

export interface ApiTokenCreated {
  readonly type: "api_token_created";
}

/** From now on it opens nothing. */
export interface ApiTokenRevoked {
  readonly type: "api_token_revoked";
}
