/**
 * Topics and their subscriptions. Like the core, this is a function of state and command, without clock or
 * connections. Unlike the core, it only keeps the subscriptions of this node's connections, and none of
 * them outlives its connection.
 *
 *   subscribe ──▶ ┌ exact:    topic  → sessions ┐
 *                 └ prefixes: prefix → sessions ┘ ◀── publish: once to each of them
 */
import type { SessionId } from "../core/ids.ts";
import { isLongerThan } from "../core/limits.ts";
import { type Rejection, rejected } from "../core/rejection.ts";
import { unreachable } from "../core/unreachable.ts";

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

/** `Hearer` stands for a session: its id, or its receiver. */
export type TopicCommand<Hearer = SessionId> =
  /** Repeating a subscription changes nothing. */
  | { readonly type: "subscribe"; readonly session: Hearer; readonly filter: Filter }
  /** Without the subscription it changes nothing. */
  | { readonly type: "unsubscribe"; readonly session: Hearer; readonly filter: Filter }
  /** The session has ended, and with it all its subscriptions. */
  | { readonly type: "leave"; readonly session: Hearer }
  | {
      readonly type: "publish";
      readonly event: Event;
      /** The session that does not receive the event, such as its publisher. */
      readonly except?: Hearer;
    };

/** One effect for all subscribers of an event, so that it is encoded only once. */
export type TopicEffect<Hearer = SessionId> =
  | { readonly type: "heard"; readonly sessions: Iterable<Hearer>; readonly event: Event }
  | {
      readonly type: "refused";
      readonly session: Hearer;
      readonly filter: Filter;
      readonly rejection: Rejection;
    };

export interface TopicLimits {
  readonly subscriptionsPerSessionMax: number;
  /** UTF-8 bytes of a subscribed topic or prefix. */
  readonly topicBytesMax: number;
}

export const topicLimitsDefault: TopicLimits = {
  subscriptionsPerSessionMax: 10_000,
  topicBytesMax: 1024,
};

/** Owned by `applyTopic`; others may only read the counts. */
export interface Topics<Hearer = SessionId> {
  readonly limits: TopicLimits;
  readonly exact: Map<string, Set<Hearer>>;
  readonly prefixes: Map<string, Set<Hearer>>;
  /** Number of prefixes of each length: the lengths at which a published topic is looked up. */
  readonly prefixLengths: Map<number, number>;
  readonly sessions: Map<Hearer, Subscriptions>;
  /** Subscriptions of all sessions together. */
  subscriptionCount: number;
}

interface Subscriptions {
  readonly topics: Set<string>;
  readonly prefixes: Set<string>;
}

export function createTopics<Hearer = SessionId>(limits: TopicLimits): Topics<Hearer> {
  return {
    limits,
    exact: new Map(),
    prefixes: new Map(),
    prefixLengths: new Map(),
    sessions: new Map(),
    subscriptionCount: 0,
  };
}

/** Applies the command. The caller must deliver its effect, if any, before the next command. */
export function applyTopic<Hearer>(
  topics: Topics<Hearer>,
  command: TopicCommand<Hearer>,
): TopicEffect<Hearer> | undefined {
  switch (command.type) {
    case "subscribe":
      return subscribe(topics, command.session, command.filter);
    case "unsubscribe":
      unsubscribe(topics, command.session, command.filter);
      return undefined;
    case "leave":
      leave(topics, command.session);
      return undefined;
    case "publish":
      return publish(topics, command.event, command.except);
    default:
      return unreachable(command);
  }
}

function subscribe<Hearer>(
  topics: Topics<Hearer>,
  session: Hearer,
  filter: Filter,
): TopicEffect<Hearer> | undefined {
  const { subscriptionsPerSessionMax, topicBytesMax } = topics.limits;
  const own = topics.sessions.get(session) ?? { topics: new Set(), prefixes: new Set() };
  const name = nameOf(filter);
  const names = namesLike(own, filter);
  if (names.has(name)) return undefined;
  if (isLongerThan(name, topicBytesMax)) {
    return refused(session, filter, `a topic has at most ${topicBytesMax} bytes`);
  }
  if (own.topics.size + own.prefixes.size >= subscriptionsPerSessionMax) {
    const reason = `a session has at most ${subscriptionsPerSessionMax} subscriptions`;
    return refused(session, filter, reason);
  }
  names.add(name);
  topics.sessions.set(session, own);
  topics.subscriptionCount += 1;
  join(topics, session, filter);
  return undefined;
}

function refused<Hearer>(session: Hearer, filter: Filter, reason: string): TopicEffect<Hearer> {
  return { type: "refused", session, filter, rejection: rejected("limit_exceeded", reason) };
}

function unsubscribe<Hearer>(topics: Topics<Hearer>, session: Hearer, filter: Filter): void {
  const own = topics.sessions.get(session);
  if (own === undefined || !namesLike(own, filter).delete(nameOf(filter))) return;
  if (own.topics.size + own.prefixes.size === 0) topics.sessions.delete(session);
  part(topics, session, filter);
}

function leave<Hearer>(topics: Topics<Hearer>, session: Hearer): void {
  const own = topics.sessions.get(session);
  if (own === undefined) return;
  topics.sessions.delete(session);
  for (const topic of own.topics) part(topics, session, { type: "topic", topic });
  for (const prefix of own.prefixes) part(topics, session, { type: "prefix", prefix });
}

function publish<Hearer>(
  topics: Topics<Hearer>,
  event: Event,
  except: Hearer | undefined,
): TopicEffect<Hearer> | undefined {
  const sessions = hearersOf(topics, event.topic, except);
  return sessions === undefined ? undefined : { type: "heard", sessions, event };
}

/** Each session once, however many of its subscriptions fit the topic; `undefined` without any. */
function hearersOf<Hearer>(
  { exact, prefixes, prefixLengths }: Topics<Hearer>,
  topic: string,
  except: Hearer | undefined,
): Iterable<Hearer> | undefined {
  const lines: ReadonlySet<Hearer>[] = [];
  const ofTopic = exact.get(topic);
  if (ofTopic !== undefined) lines.push(ofTopic);
  for (const length of prefixLengths.keys()) {
    if (length > topic.length) continue;
    const ofPrefix = prefixes.get(topic.slice(0, length));
    if (ofPrefix !== undefined) lines.push(ofPrefix);
  }
  const [only] = lines;
  if (only === undefined) return undefined;
  if (lines.length === 1 && (except === undefined || !only.has(except))) return only;
  const all = new Set<Hearer>();
  for (const line of lines) for (const session of line) all.add(session);
  if (except !== undefined) all.delete(except);
  return all;
}

function join<Hearer>(topics: Topics<Hearer>, session: Hearer, filter: Filter): void {
  const lines = linesLike(topics, filter);
  const name = nameOf(filter);
  const line = lines.get(name);
  if (line !== undefined) {
    line.add(session);
    return;
  }
  lines.set(name, new Set([session]));
  if (filter.type === "prefix") countLength(topics, name.length, 1);
}

function part<Hearer>(topics: Topics<Hearer>, session: Hearer, filter: Filter): void {
  topics.subscriptionCount -= 1;
  const lines = linesLike(topics, filter);
  const name = nameOf(filter);
  const line = lines.get(name);
  if (line === undefined) return;
  line.delete(session);
  if (line.size > 0) return;
  lines.delete(name);
  if (filter.type === "prefix") countLength(topics, name.length, -1);
}

function countLength(
  { prefixLengths }: Pick<Topics, "prefixLengths">,
  length: number,
  by: 1 | -1,
): void {
  const count = (prefixLengths.get(length) ?? 0) + by;
  if (count === 0) prefixLengths.delete(length);
  else prefixLengths.set(length, count);
}

function nameOf(filter: Filter): string {
  return filter.type === "topic" ? filter.topic : filter.prefix;
}

function namesLike(own: Subscriptions, { type }: Filter): Set<string> {
  return type === "topic" ? own.topics : own.prefixes;
}

function linesLike<Hearer>(topics: Topics<Hearer>, { type }: Filter): Map<string, Set<Hearer>> {
  return type === "topic" ? topics.exact : topics.prefixes;
}
