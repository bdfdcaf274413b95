import type {
  Acquire,
  Claim,
  Entry,
  Path,
  Release,
  Renew,
  Revoke,
} from "../../src/core/command.ts";
import { lockBytes, namespaceBytes } from "../../src/core/costs.ts";
import type {
  FencingToken,
  LockNumber,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../../src/core/ids.ts";
import { durationMsMax, slotSizeMax } from "../../src/core/limits.ts";
import type { RejectionCode } from "../../src/core/rejection.ts";
import { hasRoom, shareOf } from "./budget.ts";
import { isGrantable, isPrefix, isSamePath, type ModelLock } from "./locks.ts";
import { keepSizes, nextNumber, noteIdle, sizeAt, usePath, useSlots } from "./names.ts";
import { addressOf, after, type ModelState, tell } from "./state.ts";

/** Says why the request is refused, as `release` and `renew` do; else tells what becomes of it. */
export function acquire(
  state: ModelState,
  { index, at, command }: Entry<Acquire>,
): RejectionCode | undefined {
  const refusal =
    malformed(state, command) ??
    contradictory(command) ??
    otherSize(state, command, at) ??
    taken(state, command) ??
    tooMuch(state, command, at);
  if (refusal !== undefined) return refusal;
  const { namespace, claims, waitMs, leaseMs, session, request, key } = command;
  const address = addressOf(state, session);
  const newcomer: ModelLock = {
    bytes: lockBytes(request, key, essential(claims)),
    address,
    namespace,
    number: Number.POSITIVE_INFINITY as LockNumber,
    acceptedIndex: index,
    request,
    claims,
    key,
    outlivesSession: command.outlivesSession === true,
    session,
    node: nodeOf(state, session),
    token: undefined,
    leaseMs,
    deadline: waitMs === undefined ? undefined : after(at, waitMs),
  };
  const isFree = isGrantable(newcomer, state.locks);
  if (!isFree && waitMs === 0) {
    useSlots(state.names, newcomer, at);
    return "lock_held";
  }
  if (!isFree && hasShareOfWaiters(state, address)) {
    useSlots(state.names, newcomer, at);
    return "limit_exceeded";
  }
  const lock = { ...newcomer, number: nextNumber(state.names, namespace, address) };
  state.locks.push(lock);
  keepSizes(state.names, lock, at);
  if (isFree) grant(state, lock, at);
  else tell(state, command, { type: "waiting", number: lock.number });
  return undefined;
}

export function release(
  state: ModelState,
  { at, command }: Entry<Release>,
): RejectionCode | undefined {
  const lock = lockAt(state, command, at);
  if (typeof lock === "string") return lock;
  const { number, session } = lock;
  tell(state, command, { type: "released", number });
  if (session !== command.session) tell(state, lock, { type: "released_by_other", number });
  end(state, [lock], at);
  return undefined;
}

export function renew(state: ModelState, { at, command }: Entry<Renew>): RejectionCode | undefined {
  const { leaseMs } = command;
  if (!isDuration(leaseMs) || leaseMs === 0) return "invalid_argument";
  const lock = lockAt(state, command, at);
  if (typeof lock === "string") return lock;
  const { number, token } = lock;
  if (token === undefined) return "not_holder";
  if (isOrphan(state, lock) && lock.session !== command.session) {
    if (hasTooMany(state, command.session)) return "limit_exceeded";
    if (hasRequest(state, command.session, lock.request)) return "invalid_argument";
    lock.session = command.session;
    lock.address = addressOf(state, command.session);
    lock.node = nodeOf(state, command.session);
  } else if (lock.leaseMs === undefined) return "invalid_argument";
  const leaseUntil = after(at, leaseMs);
  lock.leaseMs = leaseMs;
  lock.deadline = leaseUntil;
  tell(state, command, { type: "renewed", number, token, leaseUntil });
  return undefined;
}

export function revoke(
  state: ModelState,
  { at, command }: Entry<Revoke>,
): RejectionCode | undefined {
  const lock = state.locks.find(({ token }) => token === command.token);
  if (lock === undefined) return "not_found";
  const { number } = lock;
  tell(state, command, { type: "released", number });
  tell(state, lock, { type: "revoked", number });
  end(state, [lock], at);
  return undefined;
}

/** Whether nobody can speak for the session that owns it, or none does. */
function isOrphan(state: ModelState, lock: ModelLock): boolean {
  return !state.sessions.some(({ session, isAttached }) => session === lock.session && isAttached);
}

function nodeOf({ sessions }: ModelState, session: SessionId): NodeId | undefined {
  return sessions.find((other) => other.session === session)?.node;
}

function hasRequest(state: ModelState, session: SessionId, request: RequestId): boolean {
  return state.locks.some((lock) => lock.session === session && lock.request === request);
}

function hasTooMany({ locks, limits }: ModelState, session: SessionId): boolean {
  return locks.filter((lock) => lock.session === session).length >= limits.locksPerSessionMax;
}

/**
 * Ends the requests in one moment: all are gone before the next is granted, so that none of them is.
 * Grants follow in order of acceptance.
 */
export function end(state: ModelState, ending: readonly ModelLock[], at: TimeMs): void {
  for (const lock of ending) {
    state.locks = state.locks.filter((other) => other !== lock);
    useSlots(state.names, lock, at);
    noteIdle(state.names, state.locks, at);
  }
  for (const lock of state.locks) {
    if (lock.token === undefined && isGrantable(lock, state.locks)) grant(state, lock, at);
  }
}

function grant(state: ModelState, lock: ModelLock, at: TimeMs): void {
  state.lastToken++;
  const { number } = lock;
  const token = state.lastToken as FencingToken;
  lock.token = token;
  lock.deadline = lock.leaseMs === undefined ? undefined : after(at, lock.leaseMs);
  const lease = lock.deadline === undefined ? {} : { leaseUntil: lock.deadline };
  tell(state, lock, { type: "granted", number, token, ...lease });
}

/** What is wrong with the request in itself, or too much of it. */
function malformed(state: ModelState, command: Acquire): RejectionCode | undefined {
  const { limits } = state;
  const { session, namespace, claims, waitMs = 0, leaseMs = 1 } = command;
  const names = [namespace, ...claims.flatMap((claim) => claim.path)];
  const visits = claims.flatMap(({ path }) => ["root", ...path]);
  const isTooMuch =
    claims.length > limits.claimsMax ||
    visits.length > limits.visitsPerRequestMax ||
    claims.some((claim) => claim.path.length > limits.pathSegmentsMax) ||
    names.some((name) => Buffer.byteLength(name) > limits.nameBytesMax) ||
    hasTooMany(state, session);
  if (isTooMuch) return "limit_exceeded";
  const isWrong =
    !claims.every(isSized) || !isDuration(waitMs) || !isDuration(leaseMs) || leaseMs === 0;
  return isWrong ? "invalid_argument" : undefined;
}

/** Whether two of its claims want one path with different sizes. */
function contradictory({ claims }: Acquire): RejectionCode | undefined {
  const slots = claims.filter((claim) => claim.mode === "slot");
  const contradictsItself = slots.some(({ path, size }) =>
    slots.some((other) => isSamePath(other.path, path) && other.size !== size),
  );
  return contradictsItself ? "size_mismatch" : undefined;
}

/** Whether it would be more than the share of its address, or than the state holds. */
function tooMuch(state: ModelState, command: Acquire, at: TimeMs): RejectionCode | undefined {
  const { session, namespace, claims, request, key } = command;
  const address = addressOf(state, session);
  const { locksPerAddressMax } = state.limits;
  if (address !== undefined && shareOf(state, address).held >= locksPerAddressMax) {
    return "limit_exceeded";
  }
  const own = lockBytes(request, key, essential(claims));
  const theirs = state.locks.filter((lock) => lock.session === session);
  const all = theirs.reduce((bytes, lock) => bytes + lock.bytes, own);
  if (all > state.limits.stateBytesPerSessionMax) return "limit_exceeded";
  const bytes = own + namespaceBytes(namespace);
  return hasRoom(state, { bytes, address, by: "client" }, at) ? undefined : "limit_exceeded";
}

function hasShareOfWaiters(state: ModelState, address: string | undefined): boolean {
  if (address === undefined) return false;
  return shareOf(state, address).waiting >= state.limits.waitersPerAddressMax;
}

/** Whether it contradicts a size that is kept; of these the first path is used. */
function otherSize(state: ModelState, command: Acquire, at: TimeMs): RejectionCode | undefined {
  const { namespace, claims } = command;
  const slots = claims.filter((claim) => claim.mode === "slot").sort(byPath);
  const contradicted = slots.find(
    ({ path, size }) => (sizeAt(state.names, namespace, path)?.size ?? size) !== size,
  );
  if (contradicted === undefined) return undefined;
  usePath(state.names, namespace, contradicted.path, at);
  return "size_mismatch";
}

/** Whether a live request has its key or its id already. */
function taken(state: ModelState, { session, request, key }: Acquire): RejectionCode | undefined {
  const hasKey = key !== undefined && state.locks.some((lock) => lock.key === key);
  return hasKey || hasRequest(state, session, request) ? "invalid_argument" : undefined;
}

function isSized(claim: Claim): boolean {
  if (claim.mode !== "slot") return true;
  return Number.isInteger(claim.size) && claim.size >= 1 && claim.size <= slotSizeMax;
}

function isDuration(durationMs: number): boolean {
  return Number.isInteger(durationMs) && durationMs >= 0 && durationMs <= durationMsMax;
}

/** The lock that is meant; by request it may still wait, by key it is held. To name a path is to use it. */
function lockAt(
  state: ModelState,
  { session, target }: Release | Renew,
  at: TimeMs,
): ModelLock | RejectionCode {
  if (target.type === "request") {
    const isOwn = (lock: ModelLock) => lock.session === session && lock.request === target.request;
    return state.locks.find(isOwn) ?? "not_holder";
  }
  const { namespace, path, key } = target;
  usePath(state.names, namespace, path, at);
  const there = state.locks.filter(
    (lock) => lock.namespace === namespace && namesOf(lock).some((name) => isSamePath(name, path)),
  );
  const held = there.find((lock) => lock.key === key && lock.token !== undefined);
  if (held !== undefined) return held;
  const isKnown = there.length > 0 || sizeAt(state.names, namespace, path) !== undefined;
  return isKnown ? "not_holder" : "not_found";
}

/** What lies under another claim of the same request is no name of it. */
function namesOf({ claims }: ModelLock): readonly Path[] {
  return essential(claims).map(({ path }) => path);
}

/** The claims without those that another one covers, or repeats. */
function essential(claims: readonly Claim[]): readonly Claim[] {
  const isCovered = (claim: Claim) => claims.some((other) => covers(other, claim));
  const isSame = (a: Claim) => (b: Claim) => a.mode === b.mode && isSamePath(a.path, b.path);
  return claims.filter(
    (claim, place) => !isCovered(claim) && claims.findIndex(isSame(claim)) === place,
  );
}

function covers(outer: Claim, inner: Claim): boolean {
  if (inner.mode === "slot" || outer.mode === "slot" || !isPrefix(outer.path, inner.path))
    return false;
  if (outer.path.length === inner.path.length)
    return outer.mode !== inner.mode && outer.mode === "exclusive";
  return outer.mode === "exclusive" || inner.mode === "shared";
}

function byPath(a: Claim, b: Claim): number {
  const [left, right] = [a.path.join("/"), b.path.join("/")];
  return left < right ? -1 : left > right ? 1 : 0;
}
