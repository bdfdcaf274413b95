import type { SessionLife } from "../../src/core/command.ts";
import type { Effect, Outcome } from "../../src/core/effect.ts";
import type { LogIndex, NodeId, RequestId, SessionId, TimeMs } from "../../src/core/ids.ts";
import { type Limits, limitsBefore } from "../../src/core/limits.ts";
import type { ModelApiToken } from "./api-tokens.ts";
import type { ModelLock } from "./locks.ts";
import type { ModelNames } from "./names.ts";
import type { ModelPull, ModelTask, ModelTaskPath } from "./tasks.ts";
import type { ModelLogin, ModelUser } from "./users.ts";

export interface ModelSession {
  readonly session: SessionId;
  readonly node: NodeId;
  readonly life: SessionLife;
  readonly openedIndex: LogIndex;
  /** Undefined: it has none, and so no share. */
  readonly address: string | undefined;
  /** Where it comes from; its network is its address for all limits. */
  readonly from: string | undefined;
  bytes: number;
  login: ModelLogin | undefined;
  isAttached: boolean;
  /** Undefined: not before its connection is gone. */
  endsAt: TimeMs | undefined;
}

/** Nothing here is kept in two places, and nothing is found but by looking through all of it. */
export interface ModelState {
  /** In the order of acceptance. */
  locks: ModelLock[];
  /** In the order of acceptance. */
  tasks: ModelTask[];
  pulls: ModelPull[];
  taskPaths: ModelTaskPath[];
  /** In the order of opening. */
  sessions: ModelSession[];
  apiTokens: ModelApiToken[];
  users: ModelUser[];
  readonly names: ModelNames;
  lastToken: number;
  limits: Limits;
  /** The effects of the entry that is being applied. */
  told: Effect[];
}

export function emptyState(): ModelState {
  const names = { sizes: [], namespaces: [], forgottenNumber: 0 };
  return {
    locks: [],
    tasks: [],
    pulls: [],
    taskPaths: [],
    sessions: [],
    apiTokens: [],
    users: [],
    names,
    lastToken: 0,
    limits: limitsBefore,
    told: [],
  };
}

export function tell(
  state: ModelState,
  whom: { readonly session: SessionId | undefined; readonly request: RequestId },
  outcome: Outcome,
): void {
  const { session, request } = whom;
  if (session !== undefined) state.told.push({ session, request, outcome });
}

export function addressOf({ sessions }: ModelState, session: SessionId): string | undefined {
  return sessions.find((other) => other.session === session)?.address;
}

export function after(at: TimeMs, durationMs: number): TimeMs {
  return (at + durationMs) as TimeMs;
}
