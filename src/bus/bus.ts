import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { FleetingLimits } from "../fleeting/apply.ts";
import type { ServedCommand } from "../fleeting/command.ts";
import type { SessionEffect } from "../fleeting/effect.ts";
import type { Filter } from "../fleeting/topics.ts";

/**
 * Delivers effects and events to the connections of sessions, on this node or another. Every node learns
 * effects from the log and delivers them to its own connections. Events are not in the log, so the bus
 * carries them from node to node. Engines: local; in tests also a network of nodes.
 */
export interface Bus {
  /**
   * The session's connection is on this node: from now on `receiver` gets its effects and events, one at a
   * time. A new receiver of the session starts without subscriptions. `network` is the address from which the
   * connection comes, or the network of that; its sessions share what one address may subscribe to.
   */
  attach(session: SessionId, receiver: Receiver, network?: string | undefined): void;
  /** The session's connection has ended, and with it the subscriptions. */
  detach(session: SessionId): void;
  /**
   * Returns whether the connection of the effect's session is here. Otherwise it drops the effect, because the
   * state holds everything that matters.
   */
  send(effect: Effect): boolean;
  /**
   * Performs a command of a session that is attached here. Each session receives an event at most once,
   * and the events of one publisher in order. The sessions here have received it when this returns; those of
   * other nodes receive it later, unless it is lost on the way. A publication with `request` is answered when
   * all nodes have reported their deliveries, or after `publishAnswerMs`; on a single node, before this returns.
   * Returns the number of sessions and pipes here that received the event.
   */
  perform(command: ServedCommand): number;
  counts(): BusCounts;
  /** Everything that a session or a pipe here is subscribed to, once. */
  topics(): readonly SubscribedTopic[];
}

export interface SubscribedTopic {
  readonly filter: Filter;
  /** Sessions and pipes. */
  readonly count: number;
}

/** The receiving side of a session's connection. */
export interface Receiver {
  /** Effects come in log order. */
  deliver(effect: Effect): void;
  /**
   * Returns whether the connection takes the effect: `false` if it is closing or too slow. Other subscribers may
   * not have received the event yet: the receiver may detach sessions, but must not perform commands before it
   * has returned. Absent: the connection never subscribes.
   */
  hear?(effect: SessionEffect): boolean;
}

export interface BusOptions {
  readonly limits: FleetingLimits;
  readonly clock: BusClock;
}

/** Only durations matter. */
export interface BusClock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  nowMs(): number;
  /** Runs once, `ms` from now, unless the returned function is called earlier. */
  after(ms: number, run: () => void): () => void;
  /** Runs at the end of this turn of the event loop, unless the returned function is called earlier. */
  soon(run: () => void): () => void;
}

export interface BusCounts {
  /** Subscriptions of the sessions attached here. */
  readonly subscriptions: number;
  /** Subscriptions that were refused, because of a limit. */
  readonly subscriptionsRefusedTotal: number;
  /** Events published here. */
  readonly publishedTotal: number;
  /** Events for receivers here, counted once per receiver, whether it took the event or not. */
  readonly heardTotal: number;
  /** Pipes of the sessions attached here. */
  readonly pipes: number;
  /** Of the messages in them, with their overhead. */
  readonly pipeBytes: number;
  /** Messages that pipes here had no room for. */
  readonly pipeDropsTotal: number;
  /** Events of other nodes that were lost on the way here, as far as later ones have shown it. */
  readonly lostTotal: number;
}
