import type { TimeMs } from "./ids.ts";
import { expire } from "./locks/requests.ts";
import { endSessions } from "./sessions/sessions.ts";
import type { State, Turn } from "./state.ts";
import { expirePull, expireTask } from "./tasks/settle.ts";

/** When the next `tick` is due; `undefined` while nothing has a deadline. */
export function nextDeadline({ sessions, locks, tasks }: State): TimeMs | undefined {
  let next = sessions.deadlines[0]?.at;
  next = sooner(next, locks.deadlines[0]?.at);
  next = sooner(next, tasks.deadlines[0]?.at);
  return sooner(next, tasks.pullDeadlines[0]?.at);
}

function sooner(one: TimeMs | undefined, other: TimeMs | undefined): TimeMs | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one <= other ? one : other;
}

/** Whether a `tick` at this moment would end something. */
export function isTickDue(state: State, at: TimeMs): boolean {
  const next = nextDeadline(state);
  return next !== undefined && next <= at;
}

/** Ends whatever has its deadline at `until` or before: sooner first, then sessions, locks, tasks, and pulls. */
export function endOverdue(turn: Turn, until: TimeMs): void {
  const { sessions, locks, tasks } = turn.state;
  for (;;) {
    const next = nextDeadline(turn.state);
    if (next === undefined || next > until) return;
    const [session] = sessions.deadlines;
    const [lock] = locks.deadlines;
    const [task] = tasks.deadlines;
    const [pull] = tasks.pullDeadlines;
    if (session?.at === next) endSessions(turn, [session.subject]);
    else if (lock?.at === next) expire(turn, lock.subject);
    else if (task?.at === next) expireTask(turn, task.subject);
    else if (pull !== undefined) expirePull(turn, pull.subject);
  }
}
