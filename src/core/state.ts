import type { Belongings } from "./belongings.ts";
import type { SessionLife } from "./command.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Effect } from "./effect.ts";
import { createIdleLine, type IdleLine, type IdlePlace } from "./idle-line.ts";
import type {
  ApiTokenId,
  FencingToken,
  LockKey,
  LockNumber,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "./ids.ts";
import { type Limits, limitsDefault } from "./limits.ts";
import { createTable, type Table } from "./table.ts";

/** All that the log says. Owned by `apply`; others read it between two entries. */
export interface State {
  /** The last applied entry. */
  index: LogIndex;
  at: TimeMs;
  /** The last number given to a grant of anything. */
  lastToken: FencingToken;
  /** The highest number of a request in a namespace that was forgotten; new ones count on from it. */
  forgottenNumber: LockNumber;
  /** By how much all `advance` commands together have left numbers out. */
  advancedBy: number;
  limits: Limits;
  /** In the order of their opening. */
  readonly sessions: Map<SessionId, Session>;
  readonly spaces: Map<Namespace, LockSpace>;
  readonly keys: Table<KeyedLock>;
  /** In the order of their creation. */
  readonly apiTokens: Map<ApiTokenId, ApiToken>;
  readonly deadlines: Deadlines<Session | LockRequest>;
  /** Live requests in the order of their acceptance, as a doubly linked list. */
  firstLive: LockRequest | undefined;
  lastLive: LockRequest | undefined;
  /** Paths whose slot size nobody uses, and namespaces with nothing in them; by last use. */
  readonly idleSlots: IdleLine<LockNode>;
  readonly idleSpaces: IdleLine<LockSpace>;
  /** Nodes which nothing needs, kept for a while since names come back; see tree.ts. */
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
  /** Nodes below the root that a live claim visits. */
  nodeCount: number;
  visitCount: number;
  /** Nodes that keep a slot size. */
  slotCount: number;
  lastNumber: LockNumber;
  /** When it became idle; of no meaning while it is in use. */
  usedAt: TimeMs;
  requestsWaiting: number;
  requestsGranted: number;
  claimsWaiting: number;
  claimsGranted: number;
  idlePlace: IdlePlace<LockSpace> | undefined;
}

export interface Session {
  readonly type: "session";
  readonly id: SessionId;
  readonly node: NodeId;
  readonly api: string;
  readonly life: SessionLife;
  readonly openedIndex: LogIndex;
  /** Its connection is alive; always so for a session that lives by its requests. */
  isAttached: boolean;
  /** Its live lock requests. */
  readonly requests: Belongings;
  deadline: Deadline<Session | LockRequest> | undefined;
}

/** A lock request from its acceptance to its end: waiting, then granted. */
export interface LockRequest {
  readonly type: "lock";
  readonly space: LockSpace;
  readonly number: LockNumber;
  readonly acceptedIndex: LogIndex;
  readonly acceptedAt: TimeMs;
  readonly id: RequestId;
  /** Its owner: who acquired it, or claimed it since; `undefined` once it has outlived it. */
  session: Session | undefined;
  /** What it claims is what its visits say. */
  readonly claimCount: number;
  readonly key: LockKey | undefined;
  /** Its place in the table of keys. */
  keyed: KeyedLock | undefined;
  readonly outlivesSession: boolean;
  leaseMs: number | undefined;
  /** Its visits, linked by `earlier`: claim by claim, each from the end of its path to the root. */
  lastVisit: Visit | undefined;
  /** Visits that are blocked; at 0 it is granted. */
  blockedCount: number;
  /** `undefined` while it waits. */
  token: FencingToken | undefined;
  grantedAt: TimeMs | undefined;
  /** The end of the wait, then of the lease. */
  deadline: Deadline<Session | LockRequest> | undefined;
  /** Accepted and not ended. */
  isLive: boolean;
  previousLive: LockRequest | undefined;
  nextLive: LockRequest | undefined;
}

/** A lock in the table of keys. */
export interface KeyedLock {
  readonly name: LockKey;
  readonly hash: number;
  following: KeyedLock | undefined;
  readonly lock: LockRequest;
}

/**
 * A place in the tree of paths. It is needed while a live claim ends at it or passes through it, or
 * while it keeps a slot size; so an idle name costs nothing.
 */
export interface LockNode {
  readonly space: LockSpace;
  /** `undefined` for the root. */
  readonly parent: LockNode | undefined;
  /** The last segment of its path. */
  readonly name: string;
  /** Its links among the children of its parent. */
  readonly hash: number;
  following: LockNode | undefined;
  children: Table<LockNode> | undefined;
  /** The line of visits, a lane for each kind; made when it is first needed. */
  readonly lanes: (Lane | undefined)[];
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
  /** When it became idle; of no meaning while a live claim wants it. */
  usedAt: TimeMs;
}

/** Visits of one kind in order of their numbers: first the free ones, then the blocked. */
export interface Lane {
  first: Visit | undefined;
  last: Visit | undefined;
  firstBlocked: Visit | undefined;
  /** Visits before `firstBlocked`. */
  freeCount: number;
}

/** One claim of a request at one node. */
export interface Visit {
  readonly request: LockRequest;
  readonly node: LockNode;
  readonly kind: VisitKind;
  readonly number: LockNumber;
  isBlocked: boolean;
  /** Its neighbours in the lane. */
  previous: Visit | undefined;
  next: Visit | undefined;
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

/** It lets its bearer use an API, from its creation until it is revoked. */
export interface ApiToken {
  readonly id: ApiTokenId;
  readonly name: string;
  /** SHA-256 of its text, as 64 lower-case hexadecimal digits. */
  readonly digest: string;
  readonly createdAt: TimeMs;
  /** The operator, as he was called then. */
  readonly createdBy: string;
}

/** The applying of one entry: what every part of the machine is handed. */
export interface Turn {
  readonly state: State;
  readonly index: LogIndex;
  readonly at: TimeMs;
  readonly effects: Effect[];
}

export function createState(): State {
  return {
    index: 0 as LogIndex,
    at: 0 as TimeMs,
    lastToken: 0 as FencingToken,
    forgottenNumber: 0 as LockNumber,
    advancedBy: 0,
    limits: limitsDefault,
    sessions: new Map(),
    spaces: new Map(),
    keys: createTable(),
    apiTokens: new Map(),
    deadlines: [],
    firstLive: undefined,
    lastLive: undefined,
    idleSlots: createIdleLine(),
    idleSpaces: createIdleLine(),
    spares: { nodes: [], cursor: 0 },
    waitingCount: 0,
    grantedCount: 0,
  };
}

export function later(at: TimeMs, byMs: number): TimeMs {
  return (at + byMs) as TimeMs;
}
