import { lockBytes } from "../costs.ts";
import type { LockNumber, Namespace, NodeId, SessionId, TimeMs } from "../ids.ts";
import type { Kept } from "../kept.ts";
import { shareOf } from "../shares.ts";
import type { State } from "../state.ts";
import type { Claim, Path } from "./commands.ts";
import { idleItems } from "./idle-line.ts";
import { estateOf } from "./owners.ts";
import { addLive, placeRequest, setDeadline } from "./requests.ts";
import { spaceNamed } from "./spaces.ts";
import type { LockFacts, LockOwner, LockRequest, LockSpace } from "./state.ts";
import { claimedCount, pathOf, reserveNames } from "./tree.ts";
import { claimsOf, keepIdleSlot } from "./visits.ts";

export type NamespaceRecord = {
  readonly type: "namespace";
  readonly namespace: Namespace;
  readonly lastNumber: LockNumber;
  readonly usedAt: TimeMs;
  /** The address that pays for it; absent: none. */
  readonly address?: string;
  /** First segments of the paths that live locks claim: the table makes room for them at once. */
  readonly nameCount: number;
};

/** Those in use, then the idle ones in the order in which they became so. */
export const keptNamespaces: Kept<State, NamespaceRecord> = {
  *records({ locks: { spaces, idleSpaces } }) {
    for (const space of spaces.values()) {
      if (space.idlePlace === undefined) yield namespaceRecord(space);
    }
    for (const space of idleItems(idleSpaces)) yield namespaceRecord(space);
  },
  restore(state, { namespace, lastNumber, usedAt, address, nameCount }) {
    const share = shareOf(state.holdings, address);
    const space = Object.assign(spaceNamed(state, namespace, share), { lastNumber, usedAt });
    reserveNames(space.root, nameCount);
  },
};

/** A path that keeps its slot size while nobody wants it. */
export interface SlotRecord {
  readonly type: "slot";
  readonly namespace: Namespace;
  readonly path: Path;
  readonly size: number;
  readonly usedAt: TimeMs;
}

/** In the order of last use. */
export const keptSlots: Kept<State, SlotRecord> = {
  *records({ locks: { idleSlots } }) {
    for (const node of idleItems(idleSlots)) {
      const { size, usedAt } = node.slot ?? {};
      if (size === undefined || usedAt === undefined) continue;
      const { namespace } = node.space;
      yield { type: "slot", namespace, path: pathOf(node), size, usedAt };
    }
  },
  restore(state, { namespace, path, size, usedAt }) {
    const space = spaceNamed(state, namespace, undefined);
    keepIdleSlot(state, space, path, { size, usedAt });
  },
};

/** A live lock request. */
export interface LockRecord extends LockFacts {
  readonly type: "lock";
  readonly namespace: Namespace;
  readonly claims: readonly Claim[];
  readonly owner: LockOwnerName;
  /** The end of the wait, then of the lease. */
  readonly deadline: TimeMs | undefined;
}

/** The session that owns the lock; or the node at whose estate it is, because it outlived its session. */
export type LockOwnerName =
  | { readonly session: SessionId }
  | {
      readonly node: NodeId;
      /** The address that pays for it; absent: none. For a session's lock it is the session's. */
      readonly address?: string;
    };

/** In the order of acceptance. */
export const keptLocks: Kept<State, LockRecord> = {
  *records({ locks }) {
    for (let lock = locks.live.first; lock !== undefined; lock = lock.next) yield lockRecord(lock);
  },
  restore(state, { namespace, claims, owner: name, deadline, ...facts }) {
    const { locks, holdings } = state;
    const space = spaceNamed(state, namespace, undefined);
    const owner = ownerNamed(state, name);
    const share = "node" in name ? shareOf(holdings, name.address) : owner.share;
    const bytes = lockBytes(facts.request, facts.key, claims);
    const lock = placeRequest(state, facts, { space, owner, share, claims, bytes });
    if ((lock.blockedCount === 0) !== (lock.token !== undefined)) {
      throw new TypeError(`snapshot: lock ${lock.number} of "${namespace}" breaks the rule`);
    }
    addLive(state, lock);
    if (deadline !== undefined) setDeadline(locks, lock, deadline);
  },
};

function namespaceRecord(space: LockSpace): NamespaceRecord {
  const { namespace, lastNumber, usedAt, share, root } = space;
  return {
    type: "namespace",
    namespace,
    lastNumber,
    usedAt,
    ...(share && { address: share.address }),
    nameCount: claimedCount(root),
  };
}

function lockRecord(lock: LockRequest): LockRecord {
  const { number, acceptedIndex, acceptedAt, request, key, outlivesSession } = lock;
  const { leaseMs, token, grantedAt, deadline } = lock;
  return {
    type: "lock",
    namespace: lock.space.namespace,
    owner: ownerName(lock),
    number,
    acceptedIndex,
    acceptedAt,
    request,
    claims: claimsOf(lock),
    key,
    outlivesSession,
    leaseMs,
    token,
    grantedAt,
    deadline: deadline?.at,
  };
}

function ownerName({ owner, share }: LockRequest): LockOwnerName {
  if (owner.id !== undefined) return { session: owner.id };
  return { node: owner.node, ...(share && { address: share.address }) };
}

function ownerNamed({ locks, sessions }: State, name: LockOwnerName): LockOwner {
  if ("node" in name) return estateOf(locks, name.node);
  const session = sessions.open.get(name.session);
  if (session === undefined) throw new TypeError(`snapshot: no session "${name.session}"`);
  return session;
}
