/**
 * The subscriptions of this node's sessions. None of them outlives its connection.
 *
 *   subscribe ──▶ ┌ exact:    topic  → sessions ┐
 *                 └ prefixes: prefix → sessions ┘ ◀── publish: once to each of them
 */
import { isLongerThan } from "../core/limits.ts";
import { rejected } from "../core/rejection.ts";
import type { JoinedSession, Sessions } from "./sessions.ts";
import type { Filter, Subscribe, SubscriptionRefused, TopicLimits, Unsubscribe } from "./topics.ts";

/** The part of the state that subscribing needs. */
export interface TopicState {
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
}

export interface Subscriptions {
  readonly limits: TopicLimits;
  readonly exact: Map<string, Set<JoinedSession>>;
  readonly prefixes: Map<string, Set<JoinedSession>>;
  /** Number of prefixes of each length: the lengths at which a published topic is looked up. */
  readonly prefixLengths: Map<number, number>;
  /** Only sessions with subscriptions. */
  readonly ofSession: Map<JoinedSession, SessionSubscriptions>;
  /** Subscriptions of all sessions together. */
  count: number;
}

interface SessionSubscriptions {
  readonly topics: Set<string>;
  readonly prefixes: Set<string>;
}

export function createSubscriptions(limits: TopicLimits): Subscriptions {
  return {
    limits,
    exact: new Map(),
    prefixes: new Map(),
    prefixLengths: new Map(),
    ofSession: new Map(),
    count: 0,
  };
}

export function subscribe(
  { sessions, subscriptions }: TopicState,
  { session: id, filter }: Subscribe,
): readonly SubscriptionRefused[] {
  const session = sessions.joined.get(id);
  if (session === undefined) return [];
  const own = subscriptions.ofSession.get(session) ?? { topics: new Set(), prefixes: new Set() };
  const names = namesLike(own, filter);
  if (names.has(nameOf(filter))) return [];
  const reason = faultOf(subscriptions.limits, own, filter);
  if (reason !== undefined) {
    const rejection = rejected("limit_exceeded", reason);
    return [{ type: "refused", session, filter, rejection }];
  }
  names.add(nameOf(filter));
  subscriptions.ofSession.set(session, own);
  add(subscriptions, session, filter);
  return [];
}

/** Why the session must not have this subscription, too; `undefined` if it may. */
function faultOf(
  { subscriptionsPerSessionMax, topicBytesMax }: TopicLimits,
  { topics, prefixes }: SessionSubscriptions,
  filter: Filter,
): string | undefined {
  if (isLongerThan(nameOf(filter), topicBytesMax)) {
    return `a topic has at most ${topicBytesMax} bytes`;
  }
  return topics.size + prefixes.size < subscriptionsPerSessionMax
    ? undefined
    : `a session has at most ${subscriptionsPerSessionMax} subscriptions`;
}

export function unsubscribe(
  { sessions, subscriptions }: TopicState,
  { session: id, filter }: Unsubscribe,
): void {
  const session = sessions.joined.get(id);
  if (session === undefined) return;
  const own = subscriptions.ofSession.get(session);
  if (own === undefined || !namesLike(own, filter).delete(nameOf(filter))) return;
  if (own.topics.size + own.prefixes.size === 0) subscriptions.ofSession.delete(session);
  remove(subscriptions, session, filter);
}

/** Ends all subscriptions of the session. */
export function unsubscribeFromAll(subscriptions: Subscriptions, session: JoinedSession): void {
  const own = subscriptions.ofSession.get(session);
  if (own === undefined) return;
  subscriptions.ofSession.delete(session);
  for (const topic of own.topics) remove(subscriptions, session, { type: "topic", topic });
  for (const prefix of own.prefixes) remove(subscriptions, session, { type: "prefix", prefix });
}

/**
 * Each session once, however many of its subscriptions fit the topic; `undefined` if there is none. Valid until
 * the next subscription; sessions may leave meanwhile.
 */
export function subscribersOf(
  { exact, prefixes, prefixLengths }: Subscriptions,
  topic: string,
  except: JoinedSession | undefined,
): ReadonlySet<JoinedSession> | undefined {
  const lines: ReadonlySet<JoinedSession>[] = [];
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
  const all = new Set<JoinedSession>();
  for (const line of lines) for (const session of line) all.add(session);
  if (except !== undefined) all.delete(except);
  return all.size === 0 ? undefined : all;
}

function add(subscriptions: Subscriptions, session: JoinedSession, filter: Filter): void {
  subscriptions.count += 1;
  const lines = linesLike(subscriptions, filter);
  const name = nameOf(filter);
  const line = lines.get(name);
  if (line !== undefined) {
    line.add(session);
    return;
  }
  lines.set(name, new Set([session]));
  if (filter.type === "prefix") countLength(subscriptions, name.length, 1);
}

function remove(subscriptions: Subscriptions, session: JoinedSession, filter: Filter): void {
  subscriptions.count -= 1;
  const lines = linesLike(subscriptions, filter);
  const name = nameOf(filter);
  const line = lines.get(name);
  if (line === undefined) return;
  line.delete(session);
  if (line.size > 0) return;
  lines.delete(name);
  if (filter.type === "prefix") countLength(subscriptions, name.length, -1);
}

function countLength({ prefixLengths }: Subscriptions, length: number, by: 1 | -1): void {
  const count = (prefixLengths.get(length) ?? 0) + by;
  if (count === 0) prefixLengths.delete(length);
  else prefixLengths.set(length, count);
}

function nameOf(filter: Filter): string {
  return filter.type === "topic" ? filter.topic : filter.prefix;
}

function namesLike(own: SessionSubscriptions, { type }: Filter): Set<string> {
  return type === "topic" ? own.topics : own.prefixes;
}

function linesLike(
  subscriptions: Subscriptions,
  { type }: Filter,
): Map<string, Set<JoinedSession>> {
  return type === "topic" ? subscriptions.exact : subscriptions.prefixes;
}
