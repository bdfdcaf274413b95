/**
 * The subscriptions of this node's sessions. None of them outlives its connection.
 *
 *   subscribe ──▶ ┌ exact:    topic  → sessions ┐
 *                 └ prefixes: prefix → sessions ┘ ◀── publish: once to each of them
 */
import { isLongerThan } from "../core/limits.ts";
import { rejected } from "../core/rejection.ts";
import { isIn, joinLine, type Lines, leaveLine, lineOf, type Receivers } from "./lines.ts";
import type { JoinedSession, Sessions } from "./sessions.ts";
import type { Filter, Subscribe, SubscriptionRefused, TopicLimits, Unsubscribe } from "./topics.ts";

/** The part of the state that subscribing needs. */
export interface TopicState {
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
}

export interface Subscriptions {
  readonly limits: TopicLimits;
  readonly exact: Lines;
  readonly prefixes: Lines;
  /** Number of prefixes of each length: the lengths at which a published topic is looked up. */
  readonly prefixLengths: Map<number, number>;
  /** Only sessions with subscriptions. */
  readonly ofSession: Map<JoinedSession, SessionSubscriptions>;
  /** How many the sessions of one network have; only networks with subscriptions. */
  readonly networkCounts: Map<string, number>;
  /** Subscriptions of all sessions together. */
  count: number;
  /** Subscriptions that were refused since the beginning. */
  refusedCount: number;
}

interface SessionSubscriptions {
  readonly topics: Set<string>;
  readonly prefixes: Set<string>;
  /** UTF-16 code units of all of them. */
  length: number;
}

export function createSubscriptions(limits: TopicLimits): Subscriptions {
  return {
    limits,
    exact: new Map(),
    prefixes: new Map(),
    prefixLengths: new Map(),
    ofSession: new Map(),
    networkCounts: new Map(),
    count: 0,
    refusedCount: 0,
  };
}

export function subscribe(
  { sessions, subscriptions }: TopicState,
  { session: id, filter }: Subscribe,
): readonly SubscriptionRefused[] {
  const session = sessions.joined.get(id);
  if (session === undefined) return [];
  const own = subscriptions.ofSession.get(session) ?? nothingYet();
  const names = namesLike(own, filter);
  if (names.has(nameOf(filter))) return [];
  const reason = faultOf(subscriptions, session, own, filter);
  if (reason !== undefined) {
    subscriptions.refusedCount += 1;
    const rejection = rejected("limit_exceeded", reason);
    return [{ type: "refused", session, filter, rejection }];
  }
  names.add(nameOf(filter));
  own.length += nameOf(filter).length;
  subscriptions.ofSession.set(session, own);
  add(subscriptions, session, filter);
  return [];
}

function nothingYet(): SessionSubscriptions {
  return { topics: new Set(), prefixes: new Set(), length: 0 };
}

/** Why the session must not have this subscription, too; `undefined` if it may. */
function faultOf(
  { limits, networkCounts }: Subscriptions,
  { network }: JoinedSession,
  { topics, prefixes, length }: SessionSubscriptions,
  filter: Filter,
): string | undefined {
  const { topicBytesMax, subscriptionsPerSessionMax, topicsLengthPerSessionMax } = limits;
  const name = nameOf(filter);
  if (isLongerThan(name, topicBytesMax)) return `a topic has at most ${topicBytesMax} bytes`;
  if (topics.size + prefixes.size >= subscriptionsPerSessionMax) {
    return `a session has at most ${subscriptionsPerSessionMax} subscriptions`;
  }
  if (length + name.length > topicsLengthPerSessionMax) {
    return `the topics of a session have at most ${topicsLengthPerSessionMax} characters in all`;
  }
  const { subscriptionsPerAddressMax } = limits;
  return network === undefined || (networkCounts.get(network) ?? 0) < subscriptionsPerAddressMax
    ? undefined
    : `an address has at most ${subscriptionsPerAddressMax} subscriptions`;
}

export function unsubscribe(
  { sessions, subscriptions }: TopicState,
  { session: id, filter }: Unsubscribe,
): void {
  const session = sessions.joined.get(id);
  if (session === undefined) return;
  const own = subscriptions.ofSession.get(session);
  if (own === undefined || !namesLike(own, filter).delete(nameOf(filter))) return;
  own.length -= nameOf(filter).length;
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
): Receivers | undefined {
  const lines: Receivers[] = [];
  const ofTopic = lineOf(exact, topic);
  if (ofTopic !== undefined) lines.push(ofTopic);
  for (const length of prefixLengths.keys()) {
    if (length > topic.length) continue;
    const ofPrefix = lineOf(prefixes, topic.slice(0, length));
    if (ofPrefix !== undefined) lines.push(ofPrefix);
  }
  const [only] = lines;
  if (only === undefined) return undefined;
  if (lines.length === 1 && (except === undefined || !isIn(only, except))) return only;
  const all = new Set<JoinedSession>();
  for (const line of lines) for (const session of line) all.add(session);
  if (except !== undefined) all.delete(except);
  return all.size === 0 ? undefined : all;
}

function add(subscriptions: Subscriptions, session: JoinedSession, filter: Filter): void {
  count(subscriptions, session, 1);
  const isNew = joinLine(linesLike(subscriptions, filter), nameOf(filter), session);
  if (isNew && filter.type === "prefix") countLength(subscriptions, filter.prefix.length, 1);
}

function remove(subscriptions: Subscriptions, session: JoinedSession, filter: Filter): void {
  count(subscriptions, session, -1);
  const isGone = leaveLine(linesLike(subscriptions, filter), nameOf(filter), session);
  if (isGone && filter.type === "prefix") countLength(subscriptions, filter.prefix.length, -1);
}

function count(subscriptions: Subscriptions, { network }: JoinedSession, by: 1 | -1): void {
  subscriptions.count += by;
  if (network !== undefined) tally(subscriptions.networkCounts, network, by);
}

function countLength({ prefixLengths }: Subscriptions, length: number, by: 1 | -1): void {
  tally(prefixLengths, length, by);
}

function tally<Key>(counts: Map<Key, number>, key: Key, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function nameOf(filter: Filter): string {
  return filter.type === "topic" ? filter.topic : filter.prefix;
}

function namesLike(own: SessionSubscriptions, { type }: Filter): Set<string> {
  return type === "topic" ? own.topics : own.prefixes;
}

function linesLike(subscriptions: Subscriptions, { type }: Filter): Lines {
  return type === "topic" ? subscriptions.exact : subscriptions.prefixes;
}
