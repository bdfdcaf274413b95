/**
 * The machine of the fleeting plane, one on each node. Like the core it is a function of state and command:
 * no clock, no random, no I/O. Unlike the core it only knows the sessions of its node, and nothing survives.
 *
 * A further primitive is a file with its commands, effects and state, a line for each of them in
 * `command.ts`, `effect.ts` and `state.ts`, and its cases here; what it has deadlines for also goes into
 * `nextDeadline` and `tick`, and what a session has of it, into `end`.
 */
import type { SessionId, TimeMs } from "../core/ids.ts";
import { unreachable } from "../core/unreachable.ts";
import type { FleetingCommand } from "./command.ts";
import type { FleetingEffect } from "./effect.ts";
import { addNode } from "./nodes.ts";
import { serveReady } from "./pipe-messages.ts";
import { endOverdueReads, endPipesOf, performOnPipes } from "./pipe-table.ts";
import {
  announce,
  count,
  endOverdue,
  publish,
  publishAnswered,
  relay,
  removeNode,
} from "./publications.ts";
import { subscribeSession, unsubscribeSession } from "./session-topics.ts";
import { join, leave } from "./sessions.ts";
import type { State } from "./state.ts";
import { unsubscribeFromAll } from "./subscriptions.ts";

export { createState, type FleetingLimits, fleetingLimitsDefault, type State } from "./state.ts";
export { filtersOf } from "./subscriptions.ts";

const none: readonly FleetingEffect[] = [];

/**
 * Applies the command and returns its effects, in order. The caller carries them out before the next
 * command, except that sessions may leave, and counts be reported, meanwhile. `at` never decreases; it may
 * count from any moment.
 */
export function apply(
  state: State,
  at: TimeMs,
  command: FleetingCommand,
): readonly FleetingEffect[] {
  switch (command.type) {
    case "join":
      join(state.sessions, command);
      return none;
    case "leave":
      end(state, command.session);
      return none;
    case "subscribe":
      return subscribeSession(state, command);
    case "unsubscribe":
      return unsubscribeSession(state, command);
    case "open_pipe":
    case "close_pipe":
    case "write_pipe":
    case "read_pipe":
    case "subscribe_pipe":
    case "unsubscribe_pipe":
      return performOnPipes(state, at, command);
    case "publish":
      return "request" in command ? publishAnswered(state, at, command) : publish(state, command);
    case "announce":
      return announce(state, command);
    case "relay":
      return relay(state, command);
    case "count":
      return count(state, command);
    case "add_node":
      addNode(state.nodes, command);
      return none;
    case "remove_node":
      return removeNode(state, command);
    case "tick":
      return [
        ...endOverdue(state.publications, at),
        ...serveReady(state.pipes),
        ...endOverdueReads(state.pipes, at),
      ];
    default:
      return unreachable(command);
  }
}

/** Before all times. */
const atOnce = Number.NEGATIVE_INFINITY as TimeMs;

/** When the next `tick` is due; `undefined` while nothing waits for one. */
export function nextDeadline({ publications, pipes }: State): TimeMs | undefined {
  if (pipes.ready.size > 0) return atOnce;
  const publication = publications.deadlines[0]?.at;
  const read = pipes.deadlines[0]?.at;
  if (publication === undefined || read === undefined) return publication ?? read;
  return publication <= read ? publication : read;
}

/** Ends everything that the session has here. Its publications find out when they are to be answered. */
function end({ sessions, subscriptions, pipes }: State, id: SessionId): void {
  const session = sessions.joined.get(id);
  if (session === undefined) return;
  unsubscribeFromAll(subscriptions, session);
  endPipesOf(pipes, session);
  leave(sessions, session);
}
