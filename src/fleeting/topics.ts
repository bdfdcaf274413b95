/** Topics: what sessions ask of them, and what sessions are sent. */
import type { RequestId, RunId, SessionId } from "../core/ids.ts";
import type { Rejection } from "../core/rejection.ts";
import type { Receivers } from "./lines.ts";
import type { JoinedSession } from "./sessions.ts";

/** A published event. Every session and pipe that is subscribed to the topic at that moment receives it once. */
export interface Event {
  /** Opaque, compared exactly. */
  readonly topic: string;
  /** JSON if the publisher's API has values, otherwise any text; absent without one. */
  readonly payload?: string;
}

/** Identifies a publication on all nodes. Each run of a node numbers its own from 1, without gaps. */
export interface PublicationId {
  readonly run: RunId;
  readonly number: number;
}

/** The topics of a subscription. */
export type Filter =
  | { readonly type: "topic"; readonly topic: string }
  /** All that begin so. */
  | { readonly type: "prefix"; readonly prefix: string }
  /** The root and what is below it: `a`, `a.b` and `a.b.c`, but not `ab`. Everything is below the empty root. */
  | { readonly type: "subtree"; readonly root: string };

/** Between the labels of a topic. */
export const separator = ".";

export type TopicCommand = Subscribe | Unsubscribe | Publish | AnsweredPublish;

/**
 * Brings an event about the state to the pipes of this node that are subscribed by one of these filters, whatever its
 * topic is. It goes to no other node, because each learns of the state by itself.
 */
export interface Announce {
  readonly type: "announce";
  readonly event: Event;
  readonly filters: readonly Filter[];
}

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

/** A publication whose publisher receives `published` or `publication_refused`, at once or later. */
export interface AnsweredPublish extends Publish {
  /** Without a connection here it receives no answer. */
  readonly session: SessionId;
  readonly request: RequestId;
}

export type TopicEffect = EventEffect | Published | SubscriptionRefused | PublicationRefused;

/** One effect for all sessions that are subscribed to the topic of an event, so that it is encoded only once. */
export interface EventEffect {
  readonly type: "event";
  readonly sessions: Receivers<JoinedSession>;
  /** The pipes that have received it already. */
  readonly pipeCount: number;
  readonly event: Event;
  /** The publication that waits for the number of deliveries; `undefined` if none does. */
  readonly counted: PublicationId | undefined;
}

export interface Published {
  readonly type: "published";
  readonly session: JoinedSession;
  readonly request: RequestId;
  /** Sessions and pipes on all nodes that received the event. */
  readonly delivered: number;
  /** Sessions that could not take it, plus one for each node that did not report its numbers in time. */
  readonly failed: number;
}

export interface SubscriptionRefused {
  readonly type: "refused";
  readonly session: JoinedSession;
  readonly filter: Filter;
  readonly rejection: Rejection;
}

/** No session received the event. */
export interface PublicationRefused {
  readonly type: "publication_refused";
  readonly session: JoinedSession;
  readonly request: RequestId;
  readonly rejection: Rejection;
}

export interface TopicLimits {
  readonly subscriptionsPerSessionMax: number;
  /** Of all sessions whose connections come from one address, or one /64 of IPv6. */
  readonly subscriptionsPerAddressMax: number;
  /** UTF-16 code units of all topics and prefixes of one session. */
  readonly topicsLengthPerSessionMax: number;
  /** UTF-8 bytes of a subscribed topic or prefix. */
  readonly topicBytesMax: number;
  /** Publications of this node that wait for the numbers of other nodes. */
  readonly publicationsMax: number;
  /** Those of one session. */
  readonly publicationsPerSessionMax: number;
  /** How long a publication waits for the numbers of other nodes. */
  readonly publishAnswerMs: number;
}

export const topicLimitsDefault: TopicLimits = {
  subscriptionsPerSessionMax: 10_000,
  subscriptionsPerAddressMax: 100_000,
  topicsLengthPerSessionMax: 1024 * 1024,
  topicBytesMax: 1024,
  publicationsMax: 100_000,
  publicationsPerSessionMax: 1_000,
  publishAnswerMs: 2_000,
};
