/**
 * How sessions and leases end. Nobody outside knows when something ends by itself, but from when on it can:
 *
 *   a lease     its length after its grant, its renewal or the last restart
 *   a session   its grace after the loss of its connection or the restart, or its idle time after a request
 */
import type { Happening } from "../sequential-model.ts";
import type { EndSession, LoseConnection } from "./operation.ts";
import {
  type LiveRequest,
  type LockState,
  never,
  type Owner,
  withOwner,
  without,
} from "./state.ts";

export function afterEndSession(
  state: LockState,
  { session, answer }: EndSession,
  at: number,
): LockState | undefined {
  if (answer === "over") return state;
  const owner = state.owners.get(session);
  if (owner?.isAttached === false) return undefined;
  const over = { life: owner?.life ?? nobodysLife, isAttached: false, endsFrom: never };
  return without(withOwner(state, session, over), isOf(session), at);
}

const nobodysLife = { type: "idle", idleMs: 0 } as const;

/** Waiters leave at once, what is held is kept for the grace. Who has nothing loses nothing. */
export function afterLoss(
  state: LockState,
  { session }: LoseConnection,
  at: number,
): LockState | undefined {
  const owner = state.owners.get(session);
  if (owner?.life.type !== "connection" || !owner.isAttached) return undefined;
  const endsFrom = at + owner.life.graceMs;
  const detached = withOwner(state, session, { ...owner, isAttached: false, endsFrom });
  return without(detached, (other) => other.session === session && !other.isGranted, at);
}

/** Nobody waits over a restart, and what nobody could renew meanwhile is kept for a while. */
export function afterCrash(state: LockState, at: number, restartGraceMs: number): LockState {
  const line = state.line.map((request): LiveRequest => {
    if (request.endsFrom === never || request.leaseMs === undefined) return request;
    const protectedUntil = at + Math.min(request.leaseMs, restartGraceMs);
    return { ...request, endsFrom: Math.max(request.endsFrom, protectedUntil) };
  });
  const owners = new Map(
    [...state.owners].map(([session, owner]) => {
      return [session, ownerAfterCrash(owner, at, restartGraceMs)] as const;
    }),
  );
  return without({ ...state, line, owners }, ({ isGranted }) => !isGranted, at);
}

function ownerAfterCrash(owner: Owner, at: number, restartGraceMs: number): Owner {
  const { life, isAttached, endsFrom } = owner;
  if (life.type === "idle") {
    const protectedUntil = at + Math.min(life.idleMs, restartGraceMs);
    return { ...owner, endsFrom: Math.max(endsFrom, protectedUntil) };
  }
  if (!isAttached) return owner;
  return { ...owner, isAttached: false, endsFrom: at + (life.restartGraceMs ?? restartGraceMs) };
}

/** The leases and sessions that can have ended by then. */
export function nature(state: LockState, until: number): readonly Happening<LockState>[] {
  const leases = state.line
    .filter(({ endsFrom }) => endsFrom <= until)
    .map(({ request, endsFrom }) => ({
      what: `the lease of ${request} runs out`,
      state: without(state, (other) => other.request === request, endsFrom),
    }));
  const sessions = [...state.owners]
    .filter(([, { endsFrom }]) => endsFrom <= until)
    .map(([session, { endsFrom }]) => ({
      what: `the session ${session} ends`,
      state: without(state, isOf(session), endsFrom),
    }));
  return [...leases, ...sessions];
}

function isOf(session: string): (request: LiveRequest) => boolean {
  return (request) => request.session === session;
}
