import { belongingOf, countOf } from "../belongings.ts";
import { budgetFault } from "../budget.ts";
import { lockBytes, namespaceBytes } from "../costs.ts";
import type { LockNumber } from "../ids.ts";
import { isDuration, isLongerThan } from "../limits.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { later, reply, type State, type Turn } from "../state.ts";
import { lookUp } from "../table.ts";
import { claimsFault, essentialClaims } from "./claims.ts";
import type { Acquire, Claim } from "./commands.ts";
import { addLive, grant, type Placing, placeRequest, setDeadline } from "./requests.ts";
import { spaceNamed } from "./spaces.ts";
import type { LockFacts, LockOwner, LockSpace } from "./state.ts";
import { findNode } from "./tree.ts";
import { useNode, withdraw } from "./visits.ts";

/** Grants the claims when nobody blocks them; otherwise the request waits in line, if it wants to. */
export function acquire(turn: Turn, owner: LockOwner, command: Acquire): void {
  const fault = acquireFault(turn, owner, command);
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const claims = essentialClaims(command.claims);
  if (claims === undefined) {
    reply(turn, command, sizeMismatch);
    return;
  }
  const bytes = lockBytes(command.request, command.key, claims);
  const conflict =
    sizeConflict(turn, command, claims) ??
    identityConflict(turn, owner, command) ??
    sessionFault(turn, owner, bytes) ??
    shareFault(turn, owner) ??
    budgetFault(turn, owner.share, bytes + namespaceBytes(command.namespace));
  if (conflict !== undefined) reply(turn, command, conflict);
  else place(turn, owner, command, { claims, bytes });
}

/** Why the owner can have no more locks. */
export function tooManyLocks(state: State, { locks }: LockOwner): Rejection | undefined {
  const { locksPerSessionMax } = state.limits;
  if (countOf(locks) < locksPerSessionMax) return undefined;
  return rejected("limit_exceeded", `a session has at most ${locksPerSessionMax} locks`);
}

function place(
  turn: Turn,
  owner: LockOwner,
  command: Acquire,
  { claims, bytes }: Pick<Placing, "claims" | "bytes">,
): void {
  const { state } = turn;
  const { locks } = state;
  const { share } = owner;
  const space = spaceNamed(state, command.namespace, share);
  const facts = factsOf(turn, space, command);
  const lock = placeRequest(state, facts, { space, owner, share, claims, bytes });
  const isFree = lock.blockedCount === 0;
  const fault = isFree ? undefined : waitFault(turn, owner, command);
  if (fault !== undefined) {
    withdraw(turn, lock);
    reply(turn, command, fault);
    return;
  }
  space.lastNumber = lock.number;
  addLive(state, lock);
  reply(turn, command, isFree ? grant(turn, lock) : { type: "waiting", number: lock.number });
  if (!isFree && command.waitMs !== undefined) {
    setDeadline(locks, lock, later(turn.at, command.waitMs));
  }
}

/** Why a request that is not free cannot wait. */
function waitFault(
  { state }: Turn,
  { share }: LockOwner,
  { waitMs }: Acquire,
): Rejection | undefined {
  if (waitMs === 0) return rejected("lock_held", "the lock is held");
  const { waitersPerAddressMax } = state.limits;
  if (share === undefined || share.waiters < waitersPerAddressMax) return undefined;
  return rejected("limit_exceeded", `one address has at most ${waitersPerAddressMax} waiters`);
}

function sessionFault({ state }: Turn, { locks }: LockOwner, bytes: number): Rejection | undefined {
  const { stateBytesPerSessionMax } = state.limits;
  if (locks.bytes + bytes <= stateBytesPerSessionMax) return undefined;
  return rejected(
    "limit_exceeded",
    `the locks of a session have at most ${stateBytesPerSessionMax} bytes`,
  );
}

/** A waiter is granted also beyond this limit. */
function shareFault({ state }: Turn, { share }: LockOwner): Rejection | undefined {
  const { locksPerAddressMax } = state.limits;
  if (share === undefined || share.locks < locksPerAddressMax) return undefined;
  return rejected("limit_exceeded", `one address holds at most ${locksPerAddressMax} locks`);
}

function factsOf({ index, at }: Turn, space: LockSpace, command: Acquire): LockFacts {
  return {
    number: (space.lastNumber + 1) as LockNumber,
    acceptedIndex: index,
    acceptedAt: at,
    request: command.request,
    key: command.key,
    outlivesSession: command.outlivesSession,
    leaseMs: command.leaseMs,
    token: undefined,
    grantedAt: undefined,
  };
}

function acquireFault(turn: Turn, owner: LockOwner, command: Acquire): Rejection | undefined {
  const { limits } = turn.state;
  if (isLongerThan(command.namespace, limits.nameBytesMax)) {
    return rejected("limit_exceeded", `a name has at most ${limits.nameBytesMax} bytes`);
  }
  const fault = tooManyLocks(turn.state, owner) ?? claimsFault(command.claims, limits);
  if (fault !== undefined) return fault;
  if (!isDuration(command.waitMs ?? 0) || !isDuration(command.leaseMs ?? 1)) {
    return rejected("invalid_argument", "a wait or lease is a whole number of milliseconds");
  }
  if (command.leaseMs === 0) return rejected("invalid_argument", "a lease is greater than 0");
  return undefined;
}

/** The claims contradict a slot size that a path keeps; the attempt uses that path. */
function sizeConflict(
  turn: Turn,
  { namespace }: Acquire,
  claims: readonly Claim[],
): Rejection | undefined {
  const space = turn.state.locks.spaces.get(namespace);
  if (space === undefined) return undefined;
  for (const claim of claims) {
    if (claim.mode !== "slot") continue;
    const size = findNode(space, claim.path)?.slot?.size;
    if (size === undefined || size === claim.size) continue;
    useNode(turn, space, claim.path);
    return sizeMismatch;
  }
  return undefined;
}

const sizeMismatch = rejected("size_mismatch", "the name is in use with another size");

function identityConflict(
  { state }: Turn,
  owner: LockOwner,
  { request, key }: Acquire,
): Rejection | undefined {
  const isKnown =
    belongingOf(owner.locks, request) !== undefined ||
    (key !== undefined && lookUp(state.locks.keys, key) !== undefined);
  return isKnown ? rejected("invalid_argument", "the request id or key is in use") : undefined;
}
