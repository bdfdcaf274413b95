import { isGrantable } from "../../model/locks.ts";
import type { SequentialModel } from "../sequential-model.ts";
import { afterCrash, afterEndSession, afterLoss, nature } from "./endings.ts";
import type { Ask, Hear, LockOperation, Release, Renew } from "./operation.ts";
import { foreseeTokens, partition } from "./partition.ts";
import {
  emptyState,
  keyOf,
  type LiveRequest,
  type LockState,
  liveRequest,
  nameOf,
  never,
  withGrant,
  withOwner,
  without,
  withRequest,
} from "./state.ts";

/** What there is to know of a server to judge it. */
export interface LockRules {
  readonly restartGraceMs: number;
  /** Whether names that nobody uses take another size: the server forgets them after a while. */
  readonly forgetsSizes: boolean;
  /** How much less time may pass for the server: it counts whole milliseconds, on another clock. */
  readonly toleranceMs: number;
}

export const lockRulesDefault: LockRules = {
  restartGraceMs: 60_000,
  forgetsSizes: false,
  toleranceMs: 5,
};

/**
 * Locks as they are meant, by the rule of the naive model, one operation after the other. That a request
 * in line gets its lock is no operation: it has it as soon as the rule says so, and `hear` is true from
 * then on.
 */
export function createLockModel(rules: LockRules): SequentialModel<LockState, LockOperation> {
  return {
    initial: emptyState,
    step(state, operation, calledAt) {
      const next = after(state, operation, { at: calledAt - rules.toleranceMs, rules });
      return next === undefined ? [] : [next];
    },
    isTooLate,
    nature,
    isLikely: ({ type }) => type === "lose_connection",
    keyOf,
    partition: (history) => partition(foreseeTokens(history)),
  };
}

interface Moment {
  /** Nothing that begins now begins earlier for the server. */
  readonly at: number;
  readonly rules: LockRules;
}

/** `undefined`: it cannot happen now with this answer, or without one makes no difference. */
function after(state: LockState, operation: LockOperation, moment: Moment): LockState | undefined {
  switch (operation.type) {
    case "ask":
      return isOver(state, operation) ? undefined : afterAsk(state, operation, moment);
    case "hear":
      return isTrue(state, operation) ? state : undefined;
    case "release":
      return isOver(state, operation) ? undefined : afterRelease(state, operation, moment);
    case "renew":
      return isOver(state, operation) ? undefined : afterRenew(state, operation, moment);
    case "end_session":
      return afterEndSession(state, operation, moment.at);
    case "lose_connection":
      return afterLoss(state, operation, moment.at);
    case "crash":
      return afterCrash(state, moment.at, moment.rules.restartGraceMs);
  }
}

/** Numbers and tokens only grow. */
function isTooLate({ lastNumber, lastToken }: LockState, operation: LockOperation): boolean {
  if (operation.type !== "ask") return false;
  const { answer } = operation;
  if (answer?.type === "granted" && (answer.token ?? never) <= lastToken) return true;
  return answer !== undefined && "number" in answer && (answer.number ?? never) <= lastNumber;
}

/** Whether the session asks for nothing any more. */
function isOver({ owners }: LockState, { session }: { readonly session: string }): boolean {
  return owners.get(session)?.isAttached === false;
}

function afterAsk(state: LockState, ask: Ask, { at, rules }: Moment): LockState | undefined {
  const { answer } = ask;
  const isMismatch = isOtherSizeKnown(state, ask);
  if (answer?.type === "size_mismatch") return isMismatch ? state : undefined;
  if (isMismatch && !(rules.forgetsSizes && isUnused(state, ask))) return undefined;
  const newcomer = requestOf(state, ask);
  const isFree = isGrantable(newcomer, state.line);
  if (answer?.type === "refused") return isFree || ask.isWaiting ? undefined : state;
  if (answer?.type === (isFree ? "waiting" : "granted")) return undefined;
  if (!isFree && !ask.isWaiting) return undefined;
  const lastNumber = answer?.number ?? state.lastNumber + 1;
  if (lastNumber <= state.lastNumber) return undefined;
  const accepted = accept(state, ask, newcomer, at);
  const numbered = { ...accepted, lastNumber: answer?.number ?? state.lastNumber };
  if (!isFree) return numbered;
  const next = withGrant(numbered, newcomer, at);
  return liveRequest(next, ask.request)?.isStale ? undefined : next;
}

function requestOf({ line }: LockState, ask: Ask): LiveRequest {
  const { request, session, namespace, claims, leaseMs, answer, tokenHeard } = ask;
  return {
    request,
    session,
    namespace,
    claims,
    number: (line.at(-1)?.number ?? 0) + 1,
    isGranted: false,
    leaseMs,
    endsFrom: never,
    token: answer?.type === "granted" ? answer.token : tokenHeard,
    isStale: false,
  };
}

function accept(state: LockState, ask: Ask, newcomer: LiveRequest, at: number): LockState {
  const { session, life, claims, namespace } = ask;
  const sizes = new Map(state.sizes);
  for (const claim of claims) {
    if (claim.mode === "slot") sizes.set(nameOf(namespace, claim), claim.size);
  }
  const endsFrom = life.type === "idle" ? at + life.idleMs : never;
  const line = [...state.line, newcomer];
  return withOwner({ ...state, line, sizes }, session, { life, isAttached: true, endsFrom });
}

function isOtherSizeKnown({ sizes }: LockState, { namespace, claims }: Ask): boolean {
  return claims.some((claim) => {
    if (claim.mode !== "slot") return false;
    return (sizes.get(nameOf(namespace, claim)) ?? claim.size) !== claim.size;
  });
}

/** Whether nobody has or wants any of the slots that are asked for. */
function isUnused({ line }: LockState, ask: Ask): boolean {
  const used = new Set(line.flatMap(slotNames));
  return slotNames(ask).every((name) => !used.has(name));
}

function slotNames({ namespace, claims }: Pick<Ask, "namespace" | "claims">): readonly string[] {
  return claims.flatMap((claim) => (claim.mode === "slot" ? nameOf(namespace, claim) : []));
}

function isTrue(state: LockState, { request, answer }: Hear): boolean {
  const live = liveRequest(state, request);
  if (live === undefined || answer === undefined) return false;
  return answer.type === "silence" ? !live.isGranted : live.isGranted && !live.isStale;
}

function afterRelease(
  state: LockState,
  { session, request, by, answer }: Release,
  { at }: Moment,
): LockState | undefined {
  const live = liveRequest(state, request);
  const mayBeMeant = by === "key" ? live?.isGranted : live?.session === session;
  if (!mayBeMeant) return answer === "not_holder" ? state : undefined;
  if (answer === "not_holder") return undefined;
  return without(touched(state, session, at), (other) => other.request === request, at);
}

function afterRenew(
  state: LockState,
  { session, request, leaseMs, answer }: Renew,
  { at }: Moment,
): LockState | undefined {
  const live = liveRequest(state, request);
  const isLeased = live !== undefined && live.endsFrom < never;
  if (!isLeased) return answer === "not_holder" ? state : undefined;
  if (answer === "not_holder") return undefined;
  const renewed = { ...live, leaseMs, endsFrom: at + leaseMs };
  return touched(withRequest(state, renewed), session, at);
}

/** A session that lives by its requests has shown that it is alive. */
function touched(state: LockState, session: string, at: number): LockState {
  const owner = state.owners.get(session);
  if (owner?.life.type !== "idle") return state;
  return withOwner(state, session, { ...owner, endsFrom: at + owner.life.idleMs });
}
