import type { TimeMs } from "./ids.ts";
import { expire } from "./locks/requests.ts";
import { endSessions } from "./sessions/sessions.ts";
import type { State, Turn } from "./state.ts";

/** When the next `tick` is due; `undefined` while nothing has a deadline. */
export function nextDeadline({ sessions, locks }: State): TimeMs | undefined {
  const session = sessions.deadlines[0]?.at;
  const lock = locks.deadlines[0]?.at;
  if (session === undefined || lock === undefined) return session ?? lock;
  return session <= lock ? session : lock;
}

/** Whether a `tick` at this moment would end something. */
export function isTickDue(state: State, at: TimeMs): boolean {
  const next = nextDeadline(state);
  return next !== undefined && next <= at;
}

/** Ends whatever has its deadline at `until` or before: sooner first, then sessions before locks. */
export function endOverdue(turn: Turn, until: TimeMs): void {
  const { state } = turn;
  for (let next = nextDeadline(state); next !== undefined && next <= until; ) {
    const [session] = state.sessions.deadlines;
    const [lock] = state.locks.deadlines;
    if (session?.at === next) endSessions(turn, [session.subject]);
    else if (lock !== undefined) expire(turn, lock.subject);
    next = nextDeadline(state);
  }
}
