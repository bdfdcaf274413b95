/**
 * The machine of the fleeting plane, one on each node. Like the core it is a function of state and command:
 * no clock, no random, no I/O. Unlike the core it only knows the sessions of its node, and nothing survives.
 *
 * A further primitive is a file with its commands, effects and state, a line for each of them in
 * `command.ts`, `effect.ts` and `state.ts`, and its cases here.
 */
import type { SessionId } from "../core/ids.ts";
import { unreachable } from "../core/unreachable.ts";
import type { FleetingCommand } from "./command.ts";
import type { FleetingEffect } from "./effect.ts";
import { publish } from "./publications.ts";
import { join, leave } from "./sessions.ts";
import type { State } from "./state.ts";
import { subscribe, unsubscribe, unsubscribeFromAll } from "./subscriptions.ts";

export { createState, type FleetingLimits, type State } from "./state.ts";

const none: readonly FleetingEffect[] = [];

/**
 * Applies the command and returns its effects, in order. The caller carries them out before the next
 * command, but sessions may leave meanwhile.
 */
export function apply(state: State, command: FleetingCommand): readonly FleetingEffect[] {
  switch (command.type) {
    case "join":
      join(state.sessions, command.session);
      return none;
    case "leave":
      end(state, command.session);
      return none;
    case "subscribe":
      return subscribe(state, command);
    case "unsubscribe":
      unsubscribe(state, command);
      return none;
    case "publish":
      return publish(state, command);
    default:
      return unreachable(command);
  }
}

/** Ends everything that the session has here. */
function end({ sessions, subscriptions }: State, id: SessionId): void {
  const session = sessions.joined.get(id);
  if (session === undefined) return;
  unsubscribeFromAll(subscriptions, session);
  leave(sessions, session);
}
