import { belongingOf } from "../belongings.ts";
import { type Rejection, rejected } from "../rejection.ts";
import type { Turn } from "../state.ts";
import { lookUp } from "../table.ts";
import type { LockTarget } from "./commands.ts";
import { isEndOfClaims } from "./line.ts";
import type { LockOwner, LockRequest } from "./state.ts";
import { claimsEndAt, useNode } from "./visits.ts";

/** The lock that a command names: by the owner's own request also one that waits, by its key a held one. */
export function lockOf(
  turn: Turn,
  owner: LockOwner | undefined,
  target: LockTarget,
): LockRequest | Rejection {
  if (target.type === "request") {
    const own = owner && belongingOf(owner.locks, target.request);
    return own ?? rejected("not_holder", "no such lock here");
  }
  const { spaces, keys } = turn.state.locks;
  const space = spaces.get(target.namespace);
  const node = space && useNode(turn, space, target.path);
  if (space === undefined || node === undefined) return unknownName;
  const lock = lookUp(keys, target.key)?.lock;
  const isHolder = lock?.token !== undefined && lock.space === space && claimsEndAt(lock, node);
  if (isHolder) return lock;
  const isName = node.slot !== undefined || isEndOfClaims(node);
  return isName ? rejected("not_holder", "the key is not that of a holder") : unknownName;
}

export function isRejection(lock: LockRequest | Rejection): lock is Rejection {
  return "type" in lock;
}

const unknownName = rejected("not_found", "no lock of that name is known");
