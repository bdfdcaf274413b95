/** All outcomes. Each primitive defines its own; here they become one union. */
import type { ApiTokenOutcome } from "./api-tokens/outcomes.ts";
import type { LockOutcome } from "./locks/outcomes.ts";
import type { Rejection } from "./rejection.ts";
import type { SessionOutcome } from "./sessions/outcomes.ts";
import type { Requested } from "./traits.ts";

export type * from "./api-tokens/outcomes.ts";
export type * from "./locks/outcomes.ts";
export type * from "./sessions/outcomes.ts";

/** What one session is sent about one request. A request may have several: `waiting`, later `granted`. */
export interface Effect extends Requested {
  readonly outcome: Outcome;
}

export type Outcome = SessionOutcome | LockOutcome | ApiTokenOutcome | Rejection;
