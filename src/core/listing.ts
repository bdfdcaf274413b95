/** What operators see of locks and sessions. It only reads. */
import { countOf, grantedCountOf } from "./belongings.ts";
import type { Claim, Path, SessionLife } from "./command.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  LogIndex,
  Namespace,
  NodeId,
  SessionId,
  TimeMs,
} from "./ids.ts";
import { isEndOfClaims } from "./line.ts";
import {
  type LockNode,
  type LockRequest,
  type Session,
  type State,
  type Visit,
  visitKind,
} from "./state.ts";
import { childAt, claimsOf, findNode } from "./tree.ts";

export type ListedLock = Holder | Waiter;

export interface Holder extends Listed {
  readonly type: "holder";
  readonly token: FencingToken;
  /** The end of the lease; absent: there is none. */
  readonly until?: TimeMs;
}

export interface Waiter extends Listed {
  readonly type: "waiter";
  /** From 1, among those who wait for the same name. */
  readonly place: number;
  /** The end of the wait; absent: it waits for ever. */
  readonly until?: TimeMs;
}

interface Listed {
  readonly namespace: Namespace;
  readonly number: LockNumber;
  readonly claims: readonly Claim[];
  /** Of the grant, or of the asking. */
  readonly since: TimeMs;
  /** Absent: it has outlived its session. */
  readonly session?: SessionId;
  readonly api?: string;
  readonly key?: LockKey;
}

export interface LockFilter {
  /** The first segment of one of the paths begins like that. */
  readonly prefix: string;
  /** Absent: all of them. */
  readonly namespace?: Namespace;
  readonly limit: number;
}

export interface LockListing {
  readonly locks: readonly ListedLock[];
  /** There are more than the limit. */
  readonly isCut: boolean;
}

/** Requests that are looked at in one step; they take some ms. */
const lookedMax = 50_000;

/**
 * Those that were asked for first, as many as the limit allows. Each is listed under its name, the path
 * of the first claim that the filter lets through: first who holds it, then who waits, in order. It is
 * found in steps, between which entries may be applied; what is told is true at the last of them.
 */
export function* listLocks(state: State, filter: LockFilter): Generator<void, LockListing, void> {
  const found: Found[] = [];
  let looked = 0;
  let lock = state.firstLive;
  while (lock !== undefined && found.length <= filter.limit) {
    const name = nameOf(lock, filter);
    if (name !== undefined) found.push({ lock, name });
    looked += 1;
    if (looked % lookedMax === 0) yield;
    lock = nextAfter(state, lock);
  }
  const isCut = found.length > filter.limit;
  const listed = found.slice(0, filter.limit).filter(({ lock: { isLive } }) => isLive);
  const lines = Map.groupBy(listed, ({ name }) => name);
  return { locks: [...lines.values()].flatMap(inLine), isCut };
}

interface Found {
  readonly lock: LockRequest;
  /** The place where the claim ends; a request without claims is alone. */
  readonly name: LockNode | LockRequest;
}

/** The next in order of acceptance, also when the request has ended since. */
function nextAfter({ firstLive }: State, lock: LockRequest): LockRequest | undefined {
  if (lock.isLive) return lock.nextLive;
  let next = firstLive;
  while (next !== undefined && next.acceptedIndex <= lock.acceptedIndex) next = next.nextLive;
  return next;
}

export interface HolderFilter {
  readonly namespace: Namespace;
  readonly path: Path;
  /** Absent: whatever it is. */
  readonly key?: LockKey;
  readonly token?: FencingToken;
  readonly limit: number;
}

export interface HolderListing {
  /** As many as the limit allows; those first who were granted it first. */
  readonly holders: readonly Holder[];
  readonly count: number;
  /** Who was granted it last. */
  readonly newest: Holder | undefined;
}

/** Who holds exactly this path; `undefined`: nobody knows it. */
export function listHolders(state: State, filter: HolderFilter): HolderListing | undefined {
  const { namespace, path, key, token, limit } = filter;
  const space = state.spaces.get(namespace);
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

/**
 * Whether who asks now for the whole path, and for no other, would have to wait: somebody holds it,
 * something above it or something below it, or is in line for that.
 */
export function isTaken({ spaces }: State, namespace: Namespace, path: Path): boolean {
  let node = spaces.get(namespace)?.root;
  for (const segment of path) {
    if (node === undefined) return false;
    if (isEndOfClaims(node)) return true;
    node = childAt(node, segment);
  }
  return node !== undefined && node.visitCount > 0;
}

export interface ListedSession {
  readonly session: SessionId;
  readonly node: NodeId;
  readonly api: string;
  readonly life: SessionLife["type"];
  readonly isAttached: boolean;
  /** When its grace is over, or its idle time; absent: not while its connection is alive. */
  readonly until?: TimeMs;
  /** The entry of the log that opened it. */
  readonly openedIndex: LogIndex;
  readonly locksHeld: number;
  readonly locksWaiting: number;
}

export interface SessionListing {
  readonly sessions: readonly ListedSession[];
  /** There are more than the limit. */
  readonly isCut: boolean;
}

/** Those that were opened first, as many as the limit allows. */
export function listSessions(state: State, limit: number): SessionListing {
  const sessions: ListedSession[] = [];
  for (const session of state.sessions.values()) {
    if (sessions.length === limit) break;
    sessions.push(listed(session));
  }
  return { sessions, isCut: state.sessions.size > sessions.length };
}

function listed(session: Session): ListedSession {
  const { id, node, api, life, isAttached, openedIndex, deadline } = session;
  const locksHeld = grantedCountOf(session.requests);
  return {
    session: id,
    node,
    api,
    life: life.type,
    isAttached,
    ...(deadline && { until: deadline.at }),
    openedIndex,
    locksHeld,
    locksWaiting: countOf(session.requests) - locksHeld,
  };
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

/** Whether the first segment of the path begins like that. */
function isBelow(end: LockNode, prefix: string): boolean {
  let node = end;
  while (node.parent?.parent !== undefined) node = node.parent;
  return node.parent !== undefined && node.name.startsWith(prefix);
}

function isEnd({ kind }: Visit): boolean {
  return kind <= visitKind.slot;
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
  const { space, number, session, key, deadline } = lock;
  return {
    namespace: space.namespace,
    number,
    claims: claimsOf(lock),
    ...(session && { session: session.id, api: session.api }),
    ...(key !== undefined && { key }),
    ...(deadline && { until: deadline.at }),
  };
}

/** Those with a claim that ends here, each once. */
function* requestsAt(node: LockNode): Iterable<LockRequest> {
  const { shared, exclusive, slot } = visitKind;
  for (const kind of [shared, exclusive, slot]) {
    for (let visit = node.lanes[kind]?.first; visit !== undefined; visit = visit.next) {
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
