/** What operators do to the sessions and locks of others. */
import type { KickSession, Operation, Revoke } from "./command.ts";
import type { Outcome } from "./effect.ts";
import type { FencingToken } from "./ids.ts";
import { endTogether, tell } from "./locks.ts";
import { rejected } from "./rejection.ts";
import { end } from "./sessions.ts";
import type { LockRequest, State, Turn } from "./state.ts";

/** Ends the session now, and with it all that it owns. It is told first: that is why. */
export function kick(turn: Turn, command: KickSession): void {
  const session = turn.state.sessions.get(command.target);
  if (session === undefined) {
    answer(turn, command, rejected("not_found", "no such session is open"));
    return;
  }
  answer(turn, command, { type: "session_closed" });
  tell(turn, session, command.request, { type: "session_kicked" });
  end(turn, [session]);
}

/** Ends the grant with this token; whoever is next gets the lock in the same entry. */
export function revoke(turn: Turn, command: Revoke): void {
  const lock = lockWith(turn.state, command.token);
  if (lock === undefined) {
    answer(turn, command, rejected("not_found", "no lock with this token is held"));
    return;
  }
  const { number } = lock;
  answer(turn, command, { type: "released", number });
  if (lock.session !== undefined) tell(turn, lock.session, lock.id, { type: "revoked", number });
  endTogether(turn, [lock]);
}

/** Tells the operator, who need not have a session that is open. */
export function answer(turn: Turn, { session, request }: Operation, outcome: Outcome): void {
  turn.effects.push({ session, request, outcome });
}

/** Looks through all: it is asked for by hand, and an index would cost every grant. */
function lockWith({ firstLive }: State, token: FencingToken): LockRequest | undefined {
  let lock = firstLive;
  while (lock !== undefined && lock.token !== token) lock = lock.nextLive;
  return lock;
}
