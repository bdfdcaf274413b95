import { belongingOf } from "../belongings.ts";
import type { RequestId } from "../ids.ts";
import { type Rejection, rejected } from "../rejection.ts";
import type { State, Turn } from "../state.ts";
import { lookUp } from "../table.ts";
import type { LockTarget } from "./commands.ts";
import { isEndOfClaims } from "./line.ts";
import type { LockNode, LockOwner, LockRequest } from "./state.ts";
import { findNode } from "./tree.ts";
import { claimsEndAt, useNode } from "./visits.ts";

/** The lock that a command names: by the owner's own request also one that waits, by its key a held one. */
export function lockOf(
  turn: Turn,
  owner: LockOwner | undefined,
  target: LockTarget,
): LockRequest | Rejection {
  if (target.type === "request") return ownLock(owner, target.request);
  const space = turn.state.locks.spaces.get(target.namespace);
  return lockAt(turn.state, target, space && useNode(turn, space, target.path));
}

/** The same, without counting as a use of the name. */
export function findLock(
  state: State,
  owner: LockOwner | undefined,
  target: LockTarget,
): LockRequest | Rejection {
  if (target.type === "request") return ownLock(owner, target.request);
  const space = state.locks.spaces.get(target.namespace);
  return lockAt(state, target, space && findNode(space, target.path));
}

function ownLock(owner: LockOwner | undefined, request: RequestId): LockRequest | Rejection {
  const own = owner && belongingOf(owner.locks, request);
  return own ?? rejected("not_holder", "no such lock here");
}

/** The lock that is held under the key at the node of its path. */
function lockAt(
  { locks }: State,
  { key }: LockKeyTarget,
  node: LockNode | undefined,
): LockRequest | Rejection {
  if (node === undefined) return unknownName;
  const lock = lookUp(locks.keys, key)?.lock;
  const isHolder =
    lock?.token !== undefined && lock.space === node.space && claimsEndAt(lock, node);
  if (isHolder) return lock;
  const isName = node.slot !== undefined || isEndOfClaims(node);
  return isName ? rejected("not_holder", "the key is not that of a holder") : unknownName;
}

type LockKeyTarget = Extract<LockTarget, { type: "key" }>;

const unknownName = rejected("not_found", "no lock of that name is known");
