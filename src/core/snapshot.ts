import { createBelongings } from "./belongings.ts";
import type { Claim, SessionLife } from "./command.ts";
import { addDeadline, deadlineRank } from "./deadlines.ts";
import { spaceNamed } from "./idle.ts";
import { idleItems, joinIdle } from "./idle-line.ts";
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
import type { Limits } from "./limits.ts";
import { addLive } from "./locks.ts";
import { addSession } from "./sessions.ts";
import {
  type ApiToken,
  createState,
  type LockRequest,
  type LockSpace,
  type Session,
  type State,
} from "./state.ts";
import { reserve } from "./table.ts";
import { claimedCount, claimsOf, enterTree, keepSlot, pathOf, reserveNames } from "./tree.ts";

/** The state as plain data, in the order in which it must be restored. */
export type SnapshotRecord =
  | {
      readonly type: "state";
      readonly index: LogIndex;
      readonly at: TimeMs;
      readonly lastToken: FencingToken;
      readonly forgottenNumber: LockNumber;
      readonly advancedBy: number;
      readonly limits: Limits;
      /** Of all locks together: room for them is made at once. */
      readonly keyCount: number;
    }
  | {
      readonly type: "namespace";
      readonly namespace: Namespace;
      readonly lastNumber: LockNumber;
      readonly usedAt: TimeMs;
      /** First segments of the paths that live locks claim: room for them is made at once. */
      readonly nameCount: number;
    }
  /** A path that keeps its slot size; in the order of last use. */
  | {
      readonly type: "slot";
      readonly namespace: Namespace;
      readonly path: readonly string[];
      readonly size: number;
      readonly usedAt: TimeMs;
    }
  | {
      readonly type: "session";
      readonly session: SessionId;
      readonly node: NodeId;
      readonly api: string;
      readonly life: SessionLife;
      readonly openedIndex: LogIndex;
      readonly isAttached: boolean;
      readonly endsAt?: TimeMs;
    }
  /** A live lock request; in the order of acceptance. */
  | {
      readonly type: "lock";
      readonly namespace: Namespace;
      readonly number: LockNumber;
      readonly acceptedIndex: LogIndex;
      readonly acceptedAt: TimeMs;
      /** Absent: it outlived its session. */
      readonly session?: SessionId;
      readonly request: RequestId;
      readonly claims: readonly Claim[];
      readonly key?: LockKey;
      readonly outlivesSession?: true;
      /** Absent: waiting. */
      readonly token?: FencingToken;
      /** Absent: waiting, or granted when it was accepted. */
      readonly grantedAt?: TimeMs;
      readonly leaseMs?: number;
      readonly deadline?: TimeMs;
    }
  /** In the order of creation. */
  | {
      readonly type: "api_token";
      readonly token: ApiTokenId;
      readonly name: string;
      readonly digest: string;
      readonly createdAt: TimeMs;
      readonly createdBy: string;
    };

/** Beside these a snapshot may hold only what a newer program has written. */
export const snapshotRecordTypes: ReadonlySet<string> = new Set(
  Object.keys({
    state: true,
    namespace: true,
    slot: true,
    session: true,
    lock: true,
    api_token: true,
  } satisfies Record<SnapshotRecord["type"], true>),
);

type RecordOf<Type extends SnapshotRecord["type"]> = Extract<SnapshotRecord, { type: Type }>;

/** The state between two entries. It must not change while the records are taken. */
export function* snapshot(state: State): Iterable<SnapshotRecord> {
  yield stateRecord(state);
  for (const space of state.spaces.values()) {
    if (space.idlePlace === undefined) yield spaceRecord(space);
  }
  for (const space of idleItems(state.idleSpaces)) yield spaceRecord(space);
  for (const node of idleItems(state.idleSlots)) {
    if (node.slot === undefined) continue;
    yield { type: "slot", namespace: node.space.namespace, path: pathOf(node), ...node.slot };
  }
  for (const session of state.sessions.values()) yield sessionRecord(session);
  for (let lock = state.firstLive; lock !== undefined; lock = lock.nextLive) yield lockRecord(lock);
  for (const token of state.apiTokens.values()) yield apiTokenRecord(token);
}

/** The state that the records tell. Throws `TypeError` when they tell none. */
export function restore(records: Iterable<SnapshotRecord>): State {
  const state = createState();
  for (const record of records) restoreRecord(state, record);
  for (const space of state.spaces.values()) {
    const isIdle = space.requestsWaiting + space.requestsGranted + space.slotCount === 0;
    if (isIdle) joinIdle(state.idleSpaces, space);
  }
  return state;
}

function stateRecord(state: State): SnapshotRecord {
  const { index, at, lastToken, forgottenNumber, advancedBy, limits, keys } = state;
  const keyCount = keys.size;
  return {
    type: "state",
    index,
    at,
    lastToken,
    forgottenNumber,
    advancedBy,
    limits,
    keyCount,
  };
}

function spaceRecord({ namespace, lastNumber, usedAt, root }: LockSpace): SnapshotRecord {
  return { type: "namespace", namespace, lastNumber, usedAt, nameCount: claimedCount(root) };
}

function sessionRecord(session: Session): SnapshotRecord {
  const { id, node, api, life, openedIndex, isAttached, deadline } = session;
  const record = {
    type: "session",
    session: id,
    node,
    api,
    life,
    openedIndex,
    isAttached,
  } as const;
  return deadline === undefined ? record : { ...record, endsAt: deadline.at };
}

function lockRecord(lock: LockRequest): SnapshotRecord {
  const { acceptedAt, grantedAt } = lock;
  return {
    type: "lock",
    namespace: lock.space.namespace,
    number: lock.number,
    acceptedIndex: lock.acceptedIndex,
    acceptedAt,
    request: lock.id,
    claims: claimsOf(lock),
    ...(lock.session && { session: lock.session.id }),
    ...(lock.key !== undefined && { key: lock.key }),
    ...(lock.outlivesSession && { outlivesSession: true }),
    ...(lock.token !== undefined && { token: lock.token }),
    ...(grantedAt !== undefined && grantedAt !== acceptedAt && { grantedAt }),
    ...(lock.leaseMs !== undefined && { leaseMs: lock.leaseMs }),
    ...(lock.deadline && { deadline: lock.deadline.at }),
  };
}

function apiTokenRecord({ id, name, digest, createdAt, createdBy }: ApiToken): SnapshotRecord {
  return { type: "api_token", token: id, name, digest, createdAt, createdBy };
}

function restoreRecord(state: State, record: SnapshotRecord): void {
  switch (record.type) {
    case "state": {
      const { index, at, lastToken, forgottenNumber, advancedBy, limits } = record;
      Object.assign(state, { index, at, lastToken, forgottenNumber, advancedBy, limits });
      reserve(state.keys, record.keyCount);
      return;
    }
    case "namespace": {
      const { lastNumber, usedAt } = record;
      const space = Object.assign(spaceNamed(state, record.namespace), { lastNumber, usedAt });
      reserveNames(space.root, record.nameCount);
      return;
    }
    case "slot": {
      const space = spaceNamed(state, record.namespace);
      const slot = { size: record.size, usedAt: record.usedAt };
      joinIdle(state.idleSlots, keepSlot(space, record.path, slot));
      return;
    }
    case "session":
      restoreSession(state, record);
      return;
    case "lock":
      restoreLock(state, record);
      return;
    case "api_token": {
      const { token: id, name, digest, createdAt, createdBy } = record;
      state.apiTokens.set(id, { id, name, digest, createdAt, createdBy });
      return;
    }
  }
}

function restoreSession(state: State, record: RecordOf<"session">): void {
  const session = addSession(state, {
    type: "session",
    id: record.session,
    node: record.node,
    api: record.api,
    life: record.life,
    openedIndex: record.openedIndex,
    isAttached: record.isAttached,
    requests: createBelongings(),
    deadline: undefined,
  });
  if (record.endsAt === undefined) return;
  const rank = deadlineRank.session;
  const { openedIndex } = record;
  session.deadline = addDeadline(state.deadlines, record.endsAt, rank, openedIndex, session);
}

function restoreLock(state: State, record: RecordOf<"lock">): void {
  const space = spaceNamed(state, record.namespace);
  const lock: LockRequest = {
    type: "lock",
    space,
    number: record.number,
    acceptedIndex: record.acceptedIndex,
    acceptedAt: record.acceptedAt,
    id: record.request,
    session: record.session === undefined ? undefined : sessionOf(state, record.session),
    claimCount: record.claims.length,
    key: record.key,
    keyed: undefined,
    outlivesSession: record.outlivesSession === true,
    leaseMs: record.leaseMs,
    lastVisit: undefined,
    blockedCount: 0,
    token: record.token,
    grantedAt: record.token === undefined ? undefined : (record.grantedAt ?? record.acceptedAt),
    deadline: undefined,
    isLive: true,
    previousLive: undefined,
    nextLive: undefined,
  };
  enterTree(lock, record.claims, record.acceptedAt);
  if ((lock.blockedCount === 0) !== (lock.token !== undefined)) {
    throw new TypeError(`snapshot: lock ${lock.number} of "${space.namespace}" breaks the rule`);
  }
  addLive(state, lock);
  if (record.deadline === undefined) return;
  const rank = lock.token === undefined ? deadlineRank.wait : deadlineRank.lease;
  lock.deadline = addDeadline(state.deadlines, record.deadline, rank, lock.acceptedIndex, lock);
}

function sessionOf(state: State, id: SessionId): Session {
  const session = state.sessions.get(id);
  if (session === undefined) throw new TypeError(`snapshot: no session "${id}"`);
  return session;
}
