import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { SessionCommand } from "../fleeting/command.ts";
import type { SessionEffect } from "../fleeting/effect.ts";

/**
 * Delivers effects and events to the connections of sessions, on this node or another. Every node learns
 * effects from the log and delivers them to its own connections. Events are not in the log, so the bus
 * carries them to every node with a subscriber. Engines: local.
 */
export interface Bus {
  /**
   * The session's connection is on this node: from now on `receiver` gets its effects and events, one at a
   * time. A new receiver of the session starts without subscriptions.
   */
  attach(session: SessionId, receiver: Receiver): void;
  /** The session's connection has ended, and with it the subscriptions. */
  detach(session: SessionId): void;
  /**
   * Returns whether the connection of the effect's session is here. Otherwise it drops the effect, because the
   * state holds everything that matters.
   */
  send(effect: Effect): boolean;
  /**
   * Performs a command of a session that is attached here. Each session receives an event at most once,
   * and the events of one publisher in order. On this node the delivery is complete when this returns.
   * Returns the number of sessions here that received the event.
   */
  perform(command: SessionCommand): number;
  counts(): BusCounts;
}

/** The receiving side of a session's connection. */
export interface Receiver {
  /** Effects come in log order. */
  deliver(effect: Effect): void;
  /** Absent: the connection never subscribes. */
  hear?(effect: SessionEffect): void;
}

export interface BusCounts {
  /** Subscriptions of the sessions attached here. */
  readonly subscriptions: number;
  /** Events published here. */
  readonly publishedTotal: number;
  /** Events received here, counted once per receiver. */
  readonly heardTotal: number;
}
