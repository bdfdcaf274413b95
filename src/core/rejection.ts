/**
 * Why the core rejects a command. Few, stable, shared by all protocols; each protocol has one table that
 * gives every code its own words.
 */
export type RejectionCode =
  /** Malformed in a way that only the core can see. */
  | "invalid_argument"
  /** There is no such lock, name, session, API token, user or task. */
  | "not_found"
  /** The thing to be made exists already. */
  | "already_exists"
  /** The credentials are wrong, or do not suffice. */
  | "permission_denied"
  /** Held by another, and the request does not wait. */
  | "lock_held"
  /** The key is not that of a current holder, or the session is not at the task. */
  | "not_holder"
  /** The path is in use with another slot size. */
  | "size_mismatch"
  /** The wait was over before the lock was free, the task done, or one there. */
  | "wait_timeout"
  /** The task was given back as often as it may be. */
  | "attempts_spent"
  /** Beyond one of the limits. */
  | "limit_exceeded"
  /** The session has ended, or never was. */
  | "session_ended"
  /** The request was withdrawn. */
  | "cancelled";

export interface Rejection {
  readonly type: "rejected";
  readonly code: RejectionCode;
  /** One sentence for a person, without full stop; protocols with words of their own ignore it. */
  readonly reason: string;
}

export function rejected(code: RejectionCode, reason: string): Rejection {
  return { type: "rejected", code, reason };
}

/** Whether it is a rejection, and not what was asked for. */
export function isRejection(asked: object | Rejection): asked is Rejection {
  return "type" in asked && asked.type === "rejected";
}
