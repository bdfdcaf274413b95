/** Topics: what sessions ask of them, and what sessions are sent. */
import type { SessionId } from "../core/ids.ts";
import type { Rejection } from "../core/rejection.ts";
import type { JoinedSession } from "./sessions.ts";

/** A published event. Every session subscribed to the topic at that moment receives it once. */
export interface Event {
  /** Opaque, compared exactly. */
  readonly topic: string;
  /** JSON if the publisher's API has values, otherwise any text; absent without one. */
  readonly payload?: string;
}

/** The topics of a subscription: a single one, or all with a prefix. */
export type Filter =
  | { readonly type: "topic"; readonly topic: string }
  | { readonly type: "prefix"; readonly prefix: string };

export type TopicCommand = Subscribe | Unsubscribe | Publish;

/** Repeating a subscription changes nothing. */
export interface Subscribe {
  readonly type: "subscribe";
  readonly session: SessionId;
  readonly filter: Filter;
}

/** Without the subscription it changes nothing. */
export interface Unsubscribe {
  readonly type: "unsubscribe";
  readonly session: SessionId;
  readonly filter: Filter;
}

export interface Publish {
  readonly type: "publish";
  readonly event: Event;
  /** The session that does not receive the event, such as its publisher. */
  readonly except?: SessionId;
}

export type TopicEffect = EventEffect | SubscriptionRefused;

/** One effect for all subscribers of an event, so that it is encoded only once. */
export interface EventEffect {
  readonly type: "event";
  readonly sessions: Iterable<JoinedSession>;
  readonly event: Event;
}

export interface SubscriptionRefused {
  readonly type: "refused";
  readonly session: JoinedSession;
  readonly filter: Filter;
  readonly rejection: Rejection;
}

export interface TopicLimits {
  readonly subscriptionsPerSessionMax: number;
  /** UTF-8 bytes of a subscribed topic or prefix. */
  readonly topicBytesMax: number;
}

export const topicLimitsDefault: TopicLimits = {
  subscriptionsPerSessionMax: 10_000,
  topicBytesMax: 1024,
};
