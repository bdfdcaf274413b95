/** What the core keeps of locks. */

import type { Belongings } from "../belongings.ts";
import { type Chain, type Chained, createChain } from "../chain.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../ids.ts";
import type { Share } from "../shares.ts";
import { createTable, type Listed, type Table } from "../table.ts";
import type { Vacancy } from "../vacancies.ts";
import { createIdleLine, type IdleLine, type IdlePlace } from "./idle-line.ts";

export interface Locks {
  readonly spaces: Map<Namespace, LockSpace>;
  readonly keys: Table<KeyedLock>;
  /** Ends of waits and leases. */
  readonly deadlines: Deadlines<LockRequest>;
  /** Live requests in the order of their acceptance. */
  readonly live: Chain<LockRequest>;
  /** For each node, the owner of what outlived its sessions. */
  readonly estates: Map<NodeId, LockOwner>;
  /** The highest number of a request in a namespace that was forgotten; new namespaces count on from it. */
  forgottenNumber: LockNumber;
  /** Paths whose slot size nobody uses, and namespaces with nothing in them, by last use. */
  readonly idleSlots: IdleLine<LockNode>;
  readonly idleSpaces: IdleLine<LockSpace>;
  /** Nodes of the tree that nothing needs, kept for a while because names come back; see tree.ts. */
  readonly spares: Spares;
  waitingCount: number;
  grantedCount: number;
}

/** A ring: the newest spare takes the place of the oldest. */
export interface Spares {
  readonly nodes: LockNode[];
  cursor: number;
}

/** One namespace: a line of requests, and a tree of the paths that they claim. */
export interface LockSpace {
  readonly namespace: Namespace;
  readonly root: LockNode;
  /** Of the address that created it. */
  readonly share: Share | undefined;
  /** Nodes below the root that a live claim visits. */
  nodeCount: number;
  visitCount: number;
  /** Nodes that keep a slot size. */
  slotCount: number;
  lastNumber: LockNumber;
  /** When it became idle; meaningless while it is in use. */
  usedAt: TimeMs;
  requestsWaiting: number;
  requestsGranted: number;
  claimsWaiting: number;
  claimsGranted: number;
  idlePlace: IdlePlace<LockSpace> | undefined;
}

/**
 * Owns lock requests: a session, or the estate of a node, to which grants belong that outlived their
 * session.
 */
export interface LockOwner {
  /** `undefined`: an estate, which nobody can notify. */
  readonly id: SessionId | undefined;
  readonly api: string | undefined;
  readonly node: NodeId;
  /** Whether somebody speaks for it. */
  readonly isAttached: boolean;
  readonly locks: Belongings<LockRequest>;
  readonly share: Share | undefined;
  readonly vacancies: readonly Vacancy[];
}

/**
 * What the log says about a lock request. The state and the snapshot keep the same; the snapshot has names
 * where the state has links.
 */
export interface LockFacts {
  readonly number: LockNumber;
  readonly acceptedIndex: LogIndex;
  readonly acceptedAt: TimeMs;
  readonly request: RequestId;
  readonly key: LockKey | undefined;
  readonly outlivesSession: true | undefined;
  leaseMs: number | undefined;
  /** `undefined` while it waits. */
  token: FencingToken | undefined;
  /** `undefined` while it waits, and when it was granted as soon as it was accepted. */
  grantedAt: TimeMs | undefined;
}

/** A lock request from its acceptance to its end: waiting, then granted. */
export interface LockRequest extends LockFacts, Chained<LockRequest> {
  readonly space: LockSpace;
  /** The session that acquired it or has claimed it since; after that session an estate. */
  owner: LockOwner;
  /** Of the address that acquired it or has claimed it since, also when its session is over. */
  share: Share | undefined;
  /** As costs.ts counts them. */
  readonly bytes: number;
  /** The claims themselves are read off the visits. */
  readonly claimCount: number;
  /** Its place in the table of keys. */
  keyed: KeyedLock | undefined;
  /** Its visits, linked by `earlier`: claim by claim, each from the end of its path to the root. */
  lastVisit: Visit | undefined;
  /** Visits that are blocked; at 0 it is granted. */
  blockedCount: number;
  /** The end of the wait, then of the lease. */
  deadline: Deadline<LockRequest> | undefined;
  /** Accepted and not ended. */
  isLive: boolean;
}

/** A lock in the table of keys. */
export interface KeyedLock extends Listed<KeyedLock> {
  readonly name: LockKey;
  readonly lock: LockRequest;
}

/**
 * A place in the tree of paths. It is needed while a live claim ends at it or passes through it, or
 * while it keeps a slot size; an idle name costs nothing.
 */
export interface LockNode extends Listed<LockNode> {
  readonly space: LockSpace;
  /** `undefined` for the root. */
  readonly parent: LockNode | undefined;
  /** The last segment of its path. */
  readonly name: string;
  children: Table<LockNode> | undefined;
  /** The visit that is alone at this node. */
  only: Visit | undefined;
  /** The line of visits, a lane for each kind; made for the second visit. */
  lanes: (Lane | undefined)[] | undefined;
  visitCount: number;
  blockedCount: number;
  /** Set by the first slot claim, until the size is forgotten. */
  slot: Slot | undefined;
  /** In the ring of spares, needed or not. */
  isSpare: boolean;
  idlePlace: IdlePlace<LockNode> | undefined;
}

export interface Slot {
  /** How many may hold the path together. */
  readonly size: number;
  /** When it last became idle; `undefined`: never yet. */
  usedAt: TimeMs | undefined;
}

/** Visits of one kind in order of their numbers: first the free ones, then the blocked. */
export interface Lane extends Chain<Visit> {
  firstBlocked: Visit | undefined;
  /** Visits before `firstBlocked`. */
  freeCount: number;
}

/** One claim of a request at one node; chained with its neighbours in the lane. */
export interface Visit extends Chained<Visit> {
  readonly request: LockRequest;
  readonly node: LockNode;
  readonly kind: VisitKind;
  readonly number: LockNumber;
  isBlocked: boolean;
  /** The visit that the same request made before. */
  readonly earlier: Visit | undefined;
}

/** What a claim does at a node: it ends there in one of the three modes, or passes through. */
export const visitKind = {
  shared: 0,
  exclusive: 1,
  slot: 2,
  sharedBelow: 3,
  /** A slot further down counts as exclusive. */
  exclusiveBelow: 4,
} as const;

export type VisitKind = (typeof visitKind)[keyof typeof visitKind];

export function createLocks(): Locks {
  return {
    spaces: new Map(),
    keys: createTable(),
    deadlines: [],
    live: createChain(),
    estates: new Map(),
    forgottenNumber: 0 as LockNumber,
    idleSlots: createIdleLine(),
    idleSpaces: createIdleLine(),
    spares: { nodes: [], cursor: 0 },
    waitingCount: 0,
    grantedCount: 0,
  };
}
