import type { FencingToken } from "../ids.ts";
import { isRejection, rejected } from "../rejection.ts";
import { reply, type State, type Turn } from "../state.ts";
import type { Release, Revoke } from "./commands.ts";
import { endTogether, notifyOwner } from "./requests.ts";
import type { LockOwner, LockRequest } from "./state.ts";
import { lockOf } from "./target.ts";

/** Releases the lock that the command names; the next in line gets it in the same entry. */
export function release(turn: Turn, owner: LockOwner | undefined, command: Release): void {
  const lock = lockOf(turn, owner, command.target);
  if (isRejection(lock)) {
    reply(turn, command, lock);
    return;
  }
  const { number } = lock;
  reply(turn, command, { type: "released", number });
  if (lock.owner !== owner) notifyOwner(turn, lock, { type: "released_by_other", number });
  endTogether(turn, [lock]);
}

/** An operator ends the grant with this token; the next in line gets the lock in the same entry. */
export function revoke(turn: Turn, command: Revoke): void {
  const lock = lockWith(turn.state, command.token);
  if (lock === undefined) {
    reply(turn, command, noSuchToken);
    return;
  }
  const { number } = lock;
  reply(turn, command, { type: "released", number });
  notifyOwner(turn, lock, { type: "revoked", number });
  endTogether(turn, [lock]);
}

export const noSuchToken = rejected("not_found", "no lock with this token is held");

/** Walks all locks, because only people revoke by hand and an index would cost every grant. */
export function lockWith({ locks }: State, token: FencingToken): LockRequest | undefined {
  let lock = locks.live.first;
  while (lock !== undefined && lock.token !== token) lock = lock.next;
  return lock;
}
