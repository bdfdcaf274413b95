import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";

/**
 * The way of a message to the connection that speaks for a session, on this node or another. What the
 * log says every node knows, and tells its own connections; what it does not say, an event, the bus
 * carries to every node where somebody wants to hear it. Engines: local.
 */
export interface Bus {
  /**
   * The session's connection is here: what concerns it goes to `receiver` from now on, one at a time. With
   * another receiver than before it has no subscriptions yet.
   */
  attach(session: SessionId, receiver: Receiver): void;
  /** It is not here any more; its subscriptions are over. */
  detach(session: SessionId): void;
  /** Effects of sessions with no connection here are dropped: what matters of them is in the state. */
  send(effect: Effect): void;
  /**
   * Of a session that is attached here. An event is told at most once to each session, and the events of
   * one publisher in their order. On this node that has happened when it returns. Says how many
   * sessions here have heard it.
   */
  perform(command: TopicCommand): number;
  counts(): BusCounts;
}

/** The connection of a session. */
export interface Receiver {
  /** In log order. */
  deliver(effect: Effect): void;
  /** Absent: it never subscribes. */
  hear?(effect: TopicEffect<unknown>): void;
}

export interface BusCounts {
  /** Of the sessions that are attached here. */
  readonly subscriptions: number;
  /** Events published here. */
  readonly publishedTotal: number;
  /** What receivers here were told of events, each of them counted. */
  readonly heardTotal: number;
}
