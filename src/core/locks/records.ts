import type { LockNumber, Namespace, NodeId, SessionId, TimeMs } from "../ids.ts";
import type { Kept } from "../kept.ts";
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
  restore({ locks }, { namespace, lastNumber, usedAt, nameCount }) {
    const space = Object.assign(spaceNamed(locks, namespace), { lastNumber, usedAt });
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
  restore({ locks }, { namespace, path, size, usedAt }) {
    keepIdleSlot(locks, spaceNamed(locks, namespace), path, { size, usedAt });
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
export type LockOwnerName = { readonly session: SessionId } | { readonly node: NodeId };

/** In the order of acceptance. */
export const keptLocks: Kept<State, LockRecord> = {
  *records({ locks }) {
    for (let lock = locks.live.first; lock !== undefined; lock = lock.next) yield lockRecord(lock);
  },
  restore(state, { namespace, claims, owner: name, deadline, ...facts }) {
    const { locks } = state;
    const space = spaceNamed(locks, namespace);
    const lock = placeRequest(locks, facts, { space, owner: ownerNamed(state, name), claims });
    if ((lock.blockedCount === 0) !== (lock.token !== undefined)) {
      throw new TypeError(`snapshot: lock ${lock.number} of "${namespace}" breaks the rule`);
    }
    addLive(locks, lock);
    if (deadline !== undefined) setDeadline(locks, lock, deadline);
  },
};

function namespaceRecord({ namespace, lastNumber, usedAt, root }: LockSpace): NamespaceRecord {
  return { type: "namespace", namespace, lastNumber, usedAt, nameCount: claimedCount(root) };
}

function lockRecord(lock: LockRequest): LockRecord {
  const { number, acceptedIndex, acceptedAt, request, key, outlivesSession } = lock;
  const { leaseMs, token, grantedAt, owner, deadline } = lock;
  return {
    type: "lock",
    namespace: lock.space.namespace,
    owner: owner.id === undefined ? { node: owner.node } : { session: owner.id },
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

function ownerNamed({ locks, sessions }: State, name: LockOwnerName): LockOwner {
  if ("node" in name) return estateOf(locks, name.node);
  const session = sessions.open.get(name.session);
  if (session === undefined) throw new TypeError(`snapshot: no session "${name.session}"`);
  return session;
}
