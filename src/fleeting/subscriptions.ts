/**
 * The subscriptions of this node's subscribers, of one kind. None of them outlives its connection.
 *
 *   subscribe ──▶ ┌ exact:    topic  → subscribers ┐
 *                 │ prefixes: prefix → subscribers │ ◀── publish: once to each of them
 *                 └ subtrees: root   → subscribers ┘
 */
import { isLongerThan } from "../core/limits.ts";
import { type Rejection, rejected } from "../core/rejection.ts";
import { unreachable } from "../core/unreachable.ts";
import {
  isIn,
  joinLine,
  type Lines,
  leaveLine,
  lengthOf,
  lineOf,
  type Receivers,
} from "./lines.ts";
import { type Filter, separator, type TopicLimits } from "./topics.ts";

/** Who can subscribe. */
export interface Subscriber {
  /** The address from which its connection comes, or the network of that; `undefined` if it is unknown. */
  readonly network: string | undefined;
}

export interface Subscriptions<S extends Subscriber> {
  readonly limits: TopicLimits;
  readonly lines: Readonly<Record<Filter["type"], Lines<S>>>;
  /** Number of prefixes of each length: the lengths at which a published topic is looked up. */
  readonly prefixLengths: Map<number, number>;
  /** Only subscribers with subscriptions. */
  readonly ofSubscriber: Map<S, OwnSubscriptions>;
  /** How many the subscribers of one network have, of all kinds; only networks with subscriptions. */
  readonly networkCounts: NetworkCounts;
  /** Subscriptions of all of them together. */
  count: number;
  /** Subscriptions that were refused since the beginning. */
  refusedCount: number;
}

export type NetworkCounts = Map<string, number>;

interface OwnSubscriptions {
  readonly names: Readonly<Record<Filter["type"], Set<string>>>;
  count: number;
  /** UTF-16 code units of all of them. */
  length: number;
}

export function createSubscriptions<S extends Subscriber>(
  limits: TopicLimits,
  networkCounts: NetworkCounts,
): Subscriptions<S> {
  return {
    limits,
    lines: { topic: new Map(), prefix: new Map(), subtree: new Map() },
    prefixLengths: new Map(),
    ofSubscriber: new Map(),
    networkCounts,
    count: 0,
    refusedCount: 0,
  };
}

/** Repeating a subscription changes nothing. Returns why the subscriber must not have it, too. */
export function subscribe<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  subscriber: S,
  filter: Filter,
): Rejection | undefined {
  const own = subscriptions.ofSubscriber.get(subscriber) ?? nothingYet();
  const name = nameOf(filter);
  const names = own.names[filter.type];
  if (names.has(name)) return undefined;
  const reason = faultOf(subscriptions, subscriber, own, filter);
  if (reason !== undefined) {
    subscriptions.refusedCount += 1;
    return rejected("limit_exceeded", reason);
  }
  names.add(name);
  own.count += 1;
  own.length += name.length;
  subscriptions.ofSubscriber.set(subscriber, own);
  add(subscriptions, subscriber, filter);
  return undefined;
}

function nothingYet(): OwnSubscriptions {
  return {
    names: { topic: new Set(), prefix: new Set(), subtree: new Set() },
    count: 0,
    length: 0,
  };
}

/** Why the subscriber must not have this subscription, too; `undefined` if it may. */
function faultOf<S extends Subscriber>(
  { limits, networkCounts }: Subscriptions<S>,
  { network }: S,
  { count, length }: OwnSubscriptions,
  filter: Filter,
): string | undefined {
  const { topicBytesMax, subscriptionsPerSessionMax, topicsLengthPerSessionMax } = limits;
  const name = nameOf(filter);
  if (isLongerThan(name, topicBytesMax)) return `a topic has at most ${topicBytesMax} bytes`;
  if (count >= subscriptionsPerSessionMax) {
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

/** Without the subscription it changes nothing. */
export function unsubscribe<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  subscriber: S,
  filter: Filter,
): void {
  const own = subscriptions.ofSubscriber.get(subscriber);
  if (own === undefined || !own.names[filter.type].delete(nameOf(filter))) return;
  own.count -= 1;
  own.length -= nameOf(filter).length;
  if (own.count === 0) subscriptions.ofSubscriber.delete(subscriber);
  remove(subscriptions, subscriber, filter);
}

/** Ends all subscriptions of the subscriber. */
export function unsubscribeFromAll<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  subscriber: S,
): void {
  const own = subscriptions.ofSubscriber.get(subscriber);
  if (own === undefined) return;
  subscriptions.ofSubscriber.delete(subscriber);
  const { topic: topics, prefix: prefixes, subtree: roots } = own.names;
  for (const topic of topics) remove(subscriptions, subscriber, { type: "topic", topic });
  for (const prefix of prefixes) remove(subscriptions, subscriber, { type: "prefix", prefix });
  for (const root of roots) remove(subscriptions, subscriber, { type: "subtree", root });
}

/**
 * Each subscriber once, however many of its subscriptions fit the topic; `undefined` if there is none. Valid until
 * the next subscription; sessions may leave meanwhile.
 */
export function subscribersOf<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  topic: string,
  except: S | undefined,
): Receivers<S> | undefined {
  return inLines(linesFor(subscriptions, topic), except);
}

/** The same of those who have subscribed by one of the filters. */
export function subscribersBy<S extends Subscriber>(
  { lines }: Subscriptions<S>,
  filters: readonly Filter[],
): Receivers<S> | undefined {
  const found = filters.map((filter) => lineOf(lines[filter.type], nameOf(filter)));
  return inLines(
    found.filter((line) => line !== undefined),
    undefined,
  );
}

function inLines<S extends Subscriber>(
  lines: readonly Receivers<S>[],
  except: S | undefined,
): Receivers<S> | undefined {
  const [only] = lines;
  if (only === undefined) return undefined;
  if (lines.length === 1 && (except === undefined || !isIn(only, except))) return only;
  const all = new Set<S>();
  for (const line of lines) for (const subscriber of line) all.add(subscriber);
  if (except !== undefined) all.delete(except);
  return all.size === 0 ? undefined : all;
}

/** The line of each filter that fits the topic. */
function linesFor<S extends Subscriber>(
  { lines, prefixLengths }: Subscriptions<S>,
  topic: string,
): readonly Receivers<S>[] {
  const found: Receivers<S>[] = [];
  const ofTopic = lineOf(lines.topic, topic);
  if (ofTopic !== undefined) found.push(ofTopic);
  for (const length of prefixLengths.keys()) {
    if (length > topic.length) continue;
    const ofPrefix = lineOf(lines.prefix, topic.slice(0, length));
    if (ofPrefix !== undefined) found.push(ofPrefix);
  }
  if (lines.subtree.size === 0) return found;
  for (const root of rootsOf(topic)) {
    const ofRoot = lineOf(lines.subtree, root);
    if (ofRoot !== undefined) found.push(ofRoot);
  }
  return found;
}

/** The roots of all subtrees in which the topic is: itself, all that is above it, and the root of everything. */
function* rootsOf(topic: string): Iterable<string> {
  yield topic;
  for (let end = topic.lastIndexOf(separator); end > 0; ) {
    yield topic.slice(0, end);
    end = topic.lastIndexOf(separator, end - 1);
  }
  if (topic !== "") yield "";
}

/** Every filter that has subscribers, with their number. */
export function* filtersOf<S extends Subscriber>({
  lines: { topic: topics, prefix: prefixes, subtree: roots },
}: Subscriptions<S>): Iterable<{ readonly filter: Filter; readonly count: number }> {
  for (const [topic, line] of topics)
    yield { filter: { type: "topic", topic }, count: lengthOf(line) };
  for (const [prefix, line] of prefixes) {
    yield { filter: { type: "prefix", prefix }, count: lengthOf(line) };
  }
  for (const [root, line] of roots)
    yield { filter: { type: "subtree", root }, count: lengthOf(line) };
}

function add<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  subscriber: S,
  filter: Filter,
): void {
  count(subscriptions, subscriber, 1);
  const isNew = joinLine(subscriptions.lines[filter.type], nameOf(filter), subscriber);
  if (isNew && filter.type === "prefix") countLength(subscriptions, filter.prefix.length, 1);
}

function remove<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  subscriber: S,
  filter: Filter,
): void {
  count(subscriptions, subscriber, -1);
  const isGone = leaveLine(subscriptions.lines[filter.type], nameOf(filter), subscriber);
  if (isGone && filter.type === "prefix") countLength(subscriptions, filter.prefix.length, -1);
}

function count<S extends Subscriber>(
  subscriptions: Subscriptions<S>,
  { network }: S,
  by: 1 | -1,
): void {
  subscriptions.count += by;
  if (network !== undefined) tally(subscriptions.networkCounts, network, by);
}

function countLength<S extends Subscriber>(
  { prefixLengths }: Subscriptions<S>,
  length: number,
  by: 1 | -1,
): void {
  tally(prefixLengths, length, by);
}

function tally<Key>(counts: Map<Key, number>, key: Key, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function nameOf(filter: Filter): string {
  switch (filter.type) {
    case "topic":
      return filter.topic;
    case "prefix":
      return filter.prefix;
    case "subtree":
      return filter.root;
    default:
      return unreachable(filter);
  }
}
