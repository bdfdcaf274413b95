/**
 * The machine. The same entries give the same state and the same effects, in order, on every replica
 * and in every replay: no clock, no random, no I/O.
 */
import type { Entry } from "./command.ts";
import { perform } from "./dispatch.ts";
import type { Effect } from "./effect.ts";
import { advance } from "./nodes/advance.ts";
import { restart } from "./nodes/restart.ts";
import type { Notice } from "./notice.ts";
import { endOverdue } from "./overdue.ts";
import { later, type State, type Turn } from "./state.ts";

export { isTickDue, nextDeadline } from "./overdue.ts";
export { createState, type State } from "./state.ts";

/**
 * Applies the next entry and returns what must be sent, in order. Everything that happens in an entry
 * happens at its `at`. First ends what should have ended before; a command of the very millisecond of a
 * deadline still comes in time, a `tick` of that millisecond does not spare it. Adds to `notices` the
 * changes that have readers of their own.
 */
export function apply(
  state: State,
  { index, at, command }: Entry,
  notices: Notice[] = [],
): readonly Effect[] {
  const turn: Turn = { state, index, at, effects: [], notices };
  state.index = index;
  state.at = at;
  // Overdue things end in this very entry and set others free: grace and numbers must be right by then.
  if (command.type === "start") restart(turn, command);
  if (command.type === "advance") advance(state, command.by);
  endOverdue(turn, later(at, -1));
  perform(turn, command);
  return turn.effects;
}
