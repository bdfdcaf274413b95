import { type ApiToken, createApiTokens } from "./api-tokens/state.ts";
import type { Effect, Outcome } from "./effect.ts";
import type { FencingToken, LogIndex, SessionId, TimeMs } from "./ids.ts";
import { type Limits, limitsBefore } from "./limits.ts";
import { createLocks, type Locks } from "./locks/state.ts";
import type { Notice } from "./notice.ts";
import { createSessions, type Sessions } from "./sessions/state.ts";
import { createHoldings, type Holdings } from "./shares.ts";
import { createTasks, type Tasks } from "./tasks/state.ts";
import type { Requested } from "./traits.ts";
import { createUsers, type Users } from "./users/state.ts";

/** All that the log says. Owned by `apply`; others read it between two entries. */
export interface State extends Counters {
  limits: Limits;
  /** How much of the state there is, and whose; it follows from all the rest. */
  readonly holdings: Holdings;
  readonly sessions: Sessions;
  readonly locks: Locks;
  readonly tasks: Tasks;
  /** In the order of their creation. */
  readonly apiTokens: Map<ApiToken["token"], ApiToken>;
  readonly users: Users;
}

/** What the log counts. */
export interface Counters {
  /** The last applied entry. */
  index: LogIndex;
  at: TimeMs;
  /** The last number given to a grant of anything. */
  lastToken: FencingToken;
  /** How many numbers all `advance` commands together have skipped. */
  advancedBy: number;
}

/** The application of one entry, which every part of the machine receives. */
export interface Turn {
  readonly state: State;
  readonly index: LogIndex;
  readonly at: TimeMs;
  readonly effects: Effect[];
  readonly notices: Notice[];
}

export function createState(): State {
  return {
    index: 0 as LogIndex,
    at: 0 as TimeMs,
    lastToken: 0 as FencingToken,
    advancedBy: 0,
    limits: limitsBefore,
    holdings: createHoldings(),
    sessions: createSessions(),
    locks: createLocks(),
    tasks: createTasks(),
    apiTokens: createApiTokens(),
    users: createUsers(),
  };
}

/** Answers a command; its first outcome always goes this way. */
export function reply({ effects }: Turn, { session, request }: Requested, outcome: Outcome): void {
  effects.push({ session, request, outcome });
}

/** Tells a session what became of an earlier request, without having been asked; an estate has no `session`. */
export function notify(
  { effects }: Turn,
  session: SessionId | undefined,
  { request }: Pick<Requested, "request">,
  outcome: Outcome,
): void {
  if (session !== undefined) effects.push({ session, request, outcome });
}

export function later(at: TimeMs, byMs: number): TimeMs {
  return (at + byMs) as TimeMs;
}
