/** All outcomes. Each primitive defines its own; here they become one union. */
import type { ApiTokenOutcome } from "./api-tokens/outcomes.ts";
import type { LockOutcome } from "./locks/outcomes.ts";
import type { Rejection } from "./rejection.ts";
import type { SessionOutcome } from "./sessions/outcomes.ts";
import type { TaskOutcome } from "./tasks/outcomes.ts";
import type { Requested } from "./traits.ts";
import type { UserOutcome } from "./users/outcomes.ts";

export type * from "./api-tokens/outcomes.ts";
export type * from "./locks/outcomes.ts";
export type * from "./sessions/outcomes.ts";
export type * from "./tasks/outcomes.ts";
export type * from "./users/outcomes.ts";

/** What one session is sent about one request. A request may have several: `waiting`, later `granted`. */
export interface Effect extends Requested {
  readonly outcome: Outcome;
}

export type Outcome =
  | SessionOutcome
  | LockOutcome
  | TaskOutcome
  | ApiTokenOutcome
  | UserOutcome
  | Rejection;

/** What a session of a lock API can be sent. */
export type LockApiOutcome = SessionOutcome | LockOutcome | Rejection;

/** Narrows an outcome for a lock API, which never sends commands that have any other. */
export function lockApiOutcome(outcome: Outcome): LockApiOutcome {
  switch (outcome.type) {
    case "api_token_created":
    case "api_token_revoked":
    case "user_created":
    case "user_deleted":
    case "user_renamed":
    case "user_changed":
    case "logged_in":
    case "login_reloaded":
    case "task_pushed":
    case "pull_waiting":
    case "task_pulled":
    case "task_settled":
    case "tasks_cancelled":
    case "task_done":
    case "task_lost":
      throw new TypeError(`a lock API was sent ${outcome.type}`);
    default:
      return outcome;
  }
}
