/** What operators see of locks; it only reads. */
import type { FencingToken, LockKey, LockNumber, Namespace, SessionId, TimeMs } from "../ids.ts";
import type { State } from "../state.ts";
import type { Claim, Path } from "./commands.ts";
import { firstOf, isEnd, isEndOfClaims } from "./line.ts";
import { type LockNode, type LockRequest, type Visit, visitKind } from "./state.ts";
import { findNode } from "./tree.ts";
import { claimsOf } from "./visits.ts";

export type ListedLock = Holder | Waiter;

export interface Holder extends Listed {
  readonly type: "holder";
  readonly token: FencingToken;
  /** The end of the lease; absent: there is none. */
  readonly until?: TimeMs;
}

export interface Waiter extends Listed {
  readonly type: "waiter";
  /** From 1, among the waiters for the same name. */
  readonly place: number;
  /** The end of the wait; absent: it waits for ever. */
  readonly until?: TimeMs;
}

interface Listed {
  readonly namespace: Namespace;
  readonly number: LockNumber;
  readonly claims: readonly Claim[];
  /** When it was granted; for a waiter, when it was accepted. */
  readonly since: TimeMs;
  /** Absent: it has outlived its session. */
  readonly session?: SessionId;
  readonly api?: string;
  readonly key?: LockKey;
}

export interface LockFilter {
  /** How the first segment of one of the paths begins. */
  readonly prefix: string;
  /** Absent: all of them. */
  readonly namespace?: Namespace;
  readonly limit: number;
}

export interface LockListing {
  readonly locks: readonly ListedLock[];
  /** Whether there are more than fit. */
  readonly isCut: boolean;
}

/** Requests that one step walks, with the segments of those that it lists, within a few ms. */
const walkedMax = 50_000;

/** Characters of all claims of a listing. One request may have as many as a message. */
const charactersMax = 8 * 1024 * 1024;

/**
 * The oldest requests, as many as the limit and the length of their claims allow. Each is listed under its name, the
 * path of the first claim that passes the filter: first the holders, then the waiters, in order. Works in steps,
 * between which entries may be applied; the listing is true at the last step.
 */
export function* listLocks(state: State, filter: LockFilter): Generator<void, LockListing, void> {
  const found: Found[] = [];
  let walked = 0;
  let characters = 0;
  let isCut = false;
  let lock = state.locks.live.first;
  while (lock !== undefined && !isCut) {
    const name = nameOf(lock, filter);
    walked += 1;
    if (name !== undefined) {
      const size = sizeOf(lock);
      walked += size.segments;
      characters += size.characters;
      isCut = found.length === filter.limit || (characters > charactersMax && found.length > 0);
      if (!isCut) found.push({ lock, name });
    }
    if (walked >= walkedMax) {
      walked = 0;
      yield;
    }
    lock = nextAfter(state, lock);
  }
  const listed = found.filter(({ lock: { isLive } }) => isLive);
  const lines = Map.groupBy(listed, ({ name }) => name);
  return { locks: [...lines.values()].flatMap(inLine), isCut };
}

function sizeOf(lock: LockRequest): { readonly segments: number; readonly characters: number } {
  const paths = claimsOf(lock).flatMap(({ path }) => path);
  return {
    segments: paths.length,
    characters: paths.reduce((sum, segment) => sum + segment.length, 0),
  };
}

interface Found {
  readonly lock: LockRequest;
  /** The place where the claim ends; a request without claims is alone. */
  readonly name: LockNode | LockRequest;
}

/** The next in order of acceptance, even if the request has ended since. */
function nextAfter({ locks }: State, lock: LockRequest): LockRequest | undefined {
  if (lock.isLive) return lock.next;
  let next = locks.live.first;
  while (next !== undefined && next.acceptedIndex <= lock.acceptedIndex) next = next.next;
  return next;
}

export interface HolderFilter {
  readonly namespace: Namespace;
  readonly path: Path;
  /** Absent: any. */
  readonly key?: LockKey;
  readonly token?: FencingToken;
  readonly limit: number;
}

export interface HolderListing {
  /** As many as the limit allows, in the order of their grants. */
  readonly holders: readonly Holder[];
  readonly count: number;
  /** The holder with the latest grant. */
  readonly newest: Holder | undefined;
}

/** The holders of exactly this path; `undefined`: the path is unknown. */
export function listHolders(state: State, filter: HolderFilter): HolderListing | undefined {
  const { namespace, path, key, token, limit } = filter;
  const space = state.locks.spaces.get(namespace);
  const node = space && findNode(space, path);
  if (node === undefined || (node.slot === undefined && !isEndOfClaims(node))) return undefined;
  const holders: Holder[] = [];
  let count = 0;
  let newest: Held | undefined;
  for (const lock of requestsAt(node)) {
    if (!isHeld(lock) || (key !== undefined && lock.key !== key)) continue;
    if (token !== undefined && lock.token !== token) continue;
    count += 1;
    if (holders.length < limit) holders.push(holder(lock));
    if (newest === undefined || lock.token > newest.token) newest = lock;
  }
  holders.sort((a, b) => a.token - b.token);
  return { holders, count, newest: newest && holder(newest) };
}

function nameOf(
  lock: LockRequest,
  { namespace, prefix }: LockFilter,
): LockNode | LockRequest | undefined {
  if (namespace !== undefined && lock.space.namespace !== namespace) return undefined;
  let first: LockNode | undefined;
  for (let visit = lock.lastVisit; visit !== undefined; visit = visit.earlier) {
    if (isEnd(visit) && (prefix === "" || isBelow(visit.node, prefix))) first = visit.node;
  }
  return first ?? (prefix === "" ? lock : undefined);
}

/** Whether the first segment of the node's path begins with the prefix. */
function isBelow(end: LockNode, prefix: string): boolean {
  let node = end;
  while (node.parent?.parent !== undefined) node = node.parent;
  return node.parent !== undefined && node.name.startsWith(prefix);
}

function inLine(found: readonly Found[]): readonly ListedLock[] {
  const holders: Holder[] = [];
  const waiters: Waiter[] = [];
  for (const { lock } of found) {
    if (isHeld(lock)) holders.push(holder(lock));
    else waiters.push(waiter(lock, waiters.length + 1));
  }
  return [...holders, ...waiters];
}

type Held = LockRequest & { readonly token: FencingToken };

function isHeld(lock: LockRequest): lock is Held {
  return lock.token !== undefined;
}

function holder(lock: Held): Holder {
  const { token, grantedAt, acceptedAt } = lock;
  return { type: "holder", ...about(lock), since: grantedAt ?? acceptedAt, token };
}

function waiter(lock: LockRequest, place: number): Waiter {
  return { type: "waiter", ...about(lock), since: lock.acceptedAt, place };
}

function about(lock: LockRequest) {
  const { space, number, owner, key, deadline } = lock;
  return {
    namespace: space.namespace,
    number,
    claims: claimsOf(lock),
    ...(owner.id !== undefined && { session: owner.id }),
    ...(owner.api !== undefined && { api: owner.api }),
    ...(key !== undefined && { key }),
    ...(deadline && { until: deadline.at }),
  };
}

/** The requests with a claim that ends here, each once. */
function* requestsAt(node: LockNode): Iterable<LockRequest> {
  const { shared, exclusive, slot } = visitKind;
  for (const kind of [shared, exclusive, slot]) {
    for (let visit = firstOf(node, kind); visit !== undefined; visit = visit.next) {
      if (visit === lastEndAt(node, visit.request)) yield visit.request;
    }
  }
}

/** A request may claim a path in two modes. */
function lastEndAt(node: LockNode, { lastVisit }: LockRequest): Visit | undefined {
  let visit = lastVisit;
  while (visit !== undefined && (visit.node !== node || !isEnd(visit))) visit = visit.earlier;
  return visit;
}
