import type { PipeId, RequestId, RunId, SessionId, TimeMs } from "../../src/core/ids.ts";
import type { FleetingLimits } from "../../src/fleeting/apply.ts";
import type { Count, FleetingCommand, Relay } from "../../src/fleeting/command.ts";
import type {
  Announce,
  AnsweredPublish,
  Filter,
  PublicationId,
  Publish,
  Subscribe,
} from "../../src/fleeting/topics.ts";
import { createPipeModel, type ModelPipeAnswer } from "./pipes.ts";

/** An effect with the ids of its sessions, sorted. */
export type ModelEffect =
  | {
      readonly type: "event";
      readonly sessions: readonly SessionId[];
      readonly pipeCount: number;
      readonly topic: string;
      readonly counted: PublicationId | undefined;
    }
  | { readonly type: "refused"; readonly session: SessionId; readonly filter: Filter }
  | {
      readonly type: "published";
      readonly session: SessionId;
      readonly request: RequestId;
      readonly delivered: number;
      readonly failed: number;
    }
  | {
      readonly type: "publication_refused";
      readonly session: SessionId;
      readonly request: RequestId;
    }
  | { readonly type: "forward"; readonly relay: Relay }
  | ModelPipeAnswer;

/** The naive fleeting plane: lists that are searched from one end to the other for each command. */
export interface FleetingModel {
  apply(at: TimeMs, command: FleetingCommand): readonly ModelEffect[];
  nextDeadline(): TimeMs | undefined;
  /** Of sessions, and of pipes. */
  subscriptionCounts(): readonly [number, number];
  pipeBytes(): number;
  lostCount(): number;
}

interface Subscription {
  readonly of: Subscriber;
  readonly network: string | undefined;
  readonly filter: Filter;
}

type Subscriber =
  | { readonly type: "session"; readonly id: SessionId }
  | { readonly type: "pipe"; readonly id: PipeId };

/** One connection of a session: after the next `join` it is another. */
interface Connection {
  readonly session: SessionId;
  readonly network: string | undefined;
}

interface OtherNode {
  readonly run: RunId;
  /** The numbers of its publications that were delivered, after that of its start. */
  readonly numbers: number[];
  isGone: boolean;
}

interface Publication {
  readonly number: number;
  readonly publisher: Connection;
  readonly request: RequestId;
  readonly until: TimeMs;
  /** `undefined`: the node has not reported. */
  readonly reports: Map<RunId, Report | undefined>;
}

type Report = Pick<Count, "delivered" | "failed">;

export function createFleetingModel(limits: FleetingLimits, own: RunId): FleetingModel {
  let connections: Connection[] = [];
  let subscriptions: Subscription[] = [];
  let publications: Publication[] = [];
  const nodes: OtherNode[] = [];
  let lastNumber = 0;
  const pipes = createPipeModel(limits, {
    networkOf: (session) => connectionOf(session)?.network,
    isJoined: (session) => connectionOf(session) !== undefined,
    subscribe: (id, network, filter) => take({ type: "pipe", id }, network, filter),
    unsubscribe: (id, filter) => drop({ type: "pipe", id }, filter),
    forget: (id) => forget({ type: "pipe", id }),
  });

  function apply(at: TimeMs, command: FleetingCommand): readonly ModelEffect[] {
    switch (command.type) {
      case "join":
        if (connectionOf(command.session) === undefined) {
          connections.push({ session: command.session, network: command.network });
        }
        return [];
      case "leave":
        connections = connections.filter(({ session }) => session !== command.session);
        forget({ type: "session", id: command.session });
        pipes.leave(command.session);
        return [];
      case "subscribe":
        return subscribe(command);
      case "unsubscribe":
        drop({ type: "session", id: command.session }, command.filter);
        return [];
      case "open_pipe":
      case "close_pipe":
      case "write_pipe":
      case "read_pipe":
      case "subscribe_pipe":
      case "unsubscribe_pipe":
        return pipes.perform(at, command);
      case "publish":
        return "request" in command ? publishAnswered(at, command) : publish(command, false);
      case "announce":
        return announce(command);
      case "relay":
        return isNew(command.publication) ? deliver(command) : [];
      case "count":
        if (command.publication.run !== own) return [];
        report(command.run, command, command.publication.number);
        return answers();
      case "add_node":
        if (nodeOf(command.run) === undefined) {
          nodes.push({ run: command.run, numbers: [command.lastNumber], isGone: false });
        }
        return [];
      case "remove_node":
        for (const node of nodes) if (node.run === command.run) node.isGone = true;
        report(command.run, { delivered: 0, failed: 1 });
        return answers();
      case "tick":
        for (const { until, number, reports } of publications) {
          if (until > at) continue;
          for (const run of reports.keys()) report(run, { delivered: 0, failed: 1 }, number);
        }
        return [...answers(), ...pipes.tick(at)];
    }
  }

  function connectionOf(id: SessionId): Connection | undefined {
    return connections.find(({ session }) => session === id);
  }

  function nodeOf(run: RunId): OtherNode | undefined {
    return nodes.find((node) => node.run === run && !node.isGone);
  }

  function subscribe({ session, filter }: Subscribe): readonly ModelEffect[] {
    const connection = connectionOf(session);
    if (connection === undefined) return [];
    const isTaken = take({ type: "session", id: session }, connection.network, filter);
    return isTaken ? [] : [{ type: "refused", session, filter }];
  }

  /** Returns whether the subscriber may have the subscription, or has it already. */
  function take(of: Subscriber, network: string | undefined, filter: Filter): boolean {
    const subscription = { of, network, filter };
    if (subscriptions.some((each) => isSame(each, subscription))) return true;
    if (isBeyond(subscription)) return false;
    subscriptions.push(subscription);
    return true;
  }

  function drop(of: Subscriber, filter: Filter): void {
    subscriptions = subscriptions.filter(
      (each) => !isSame(each, { of, filter, network: undefined }),
    );
  }

  function forget(of: Subscriber): void {
    subscriptions = subscriptions.filter((each) => !isSameSubscriber(each.of, of));
  }

  function isBeyond({ of, network, filter }: Subscription): boolean {
    const own = subscriptions.filter((each) => isSameSubscriber(each.of, of));
    const names = [...own.map((each) => textOf(each.filter)), textOf(filter)].join("");
    const near = subscriptions.filter((each) => each.network === network);
    return (
      Buffer.byteLength(textOf(filter)) > limits.topicBytesMax ||
      own.length >= limits.subscriptionsPerSessionMax ||
      names.length > limits.topicsLengthPerSessionMax ||
      (network !== undefined && near.length >= limits.subscriptionsPerAddressMax)
    );
  }

  function publishAnswered(at: TimeMs, command: AnsweredPublish): readonly ModelEffect[] {
    const { session, request } = command;
    const publisher = connectionOf(session);
    if (publisher === undefined) return publish(command, false);
    const ownCount = publications.filter((each) => each.publisher === publisher).length;
    const isBeyond = publications.length >= limits.publicationsMax;
    if (isBeyond || ownCount >= limits.publicationsPerSessionMax) {
      return [{ type: "publication_refused", session, request }];
    }
    const effects = publish(command, true);
    const others = nodes.filter(({ isGone }) => !isGone).map(({ run }) => run);
    const reports = new Map<RunId, Report | undefined>();
    for (const run of [own, ...others]) reports.set(run, undefined);
    const until = (at + limits.publishAnswerMs) as TimeMs;
    publications.push({ number: lastNumber, publisher, request, until, reports });
    return effects;
  }

  function publish({ event, except }: Publish, isCounted: boolean): readonly ModelEffect[] {
    lastNumber += 1;
    const publication = { run: own, number: lastNumber };
    const relay: Relay = { type: "relay", publication, event, except, isCounted };
    const isAlone = nodes.every(({ isGone }) => isGone);
    return [...(isAlone ? [] : [{ type: "forward", relay } as const]), ...deliver(relay)];
  }

  function deliver({ publication, event, except, isCounted }: Relay): readonly ModelEffect[] {
    const fitting = subscriptions.filter(({ filter }) => isFitting(filter, event.topic));
    const ofSessions = fitting.flatMap(({ of }) => (of.type === "session" ? of.id : []));
    const ofPipes = fitting.flatMap(({ of }) => (of.type === "pipe" ? of.id : []));
    const sessions = [...new Set(ofSessions)].filter((session) => session !== except).sort();
    const receiving = [...new Set(ofPipes)];
    const pipeCount = receiving.length;
    if (sessions.length + pipeCount === 0 && !isCounted) return [];
    const answers = pipes.pour(receiving, event);
    const counted = isCounted ? publication : undefined;
    return [{ type: "event", sessions, pipeCount, topic: event.topic, counted }, ...answers];
  }

  function announce({ event, filters }: Announce): readonly ModelEffect[] {
    const isNamed = (filter: Filter) =>
      filters.some((each) => each.type === filter.type && textOf(each) === textOf(filter));
    const named = subscriptions.filter(({ filter }) => isNamed(filter));
    const receiving = [...new Set(named.flatMap(({ of }) => (of.type === "pipe" ? of.id : [])))];
    if (receiving.length === 0) return [];
    const answers = pipes.pour(receiving, event);
    const told = { pipeCount: receiving.length, topic: event.topic, counted: undefined };
    return [{ type: "event", sessions: [], ...told }, ...answers];
  }

  function isNew({ run, number }: PublicationId): boolean {
    const node = nodeOf(run);
    if (node === undefined || number <= Math.max(...node.numbers)) return false;
    node.numbers.push(number);
    return true;
  }

  /** Notes the first report of a node, for one publication or all. */
  function report(run: RunId, { delivered, failed }: Report, number?: number): void {
    for (const publication of publications) {
      if (number !== undefined && number !== publication.number) continue;
      const { reports } = publication;
      if (reports.has(run) && reports.get(run) === undefined)
        reports.set(run, { delivered, failed });
    }
  }

  /** Of the publications that every node has reported for. */
  function answers(): readonly ModelEffect[] {
    const isComplete = ({ reports }: Publication) =>
      [...reports.values()].every((each) => each !== undefined);
    const complete = publications.filter(isComplete);
    publications = publications.filter((each) => !isComplete(each));
    return complete
      .filter(({ publisher }) => connections.includes(publisher))
      .map(({ publisher: { session }, request, reports }) => {
        const total = (name: "delivered" | "failed") =>
          [...reports.values()].reduce((sum, each) => sum + (each?.[name] ?? 0), 0);
        const [delivered, failed] = [total("delivered"), total("failed")];
        return { type: "published", session, request, delivered, failed };
      });
  }

  return {
    apply,
    nextDeadline() {
      const deadlines = [...publications.map(({ until }) => until), ...pipes.deadlines()];
      return deadlines.length === 0 ? undefined : (Math.min(...deadlines) as TimeMs);
    },
    subscriptionCounts() {
      const ofPipes = subscriptions.filter(({ of }) => of.type === "pipe").length;
      return [subscriptions.length - ofPipes, ofPipes];
    },
    pipeBytes: pipes.bytes,
    lostCount: () =>
      nodes
        .map(
          ({ numbers: [first = 0, ...others] }) =>
            Math.max(first, ...others) - first - others.length,
        )
        .reduce((sum, lost) => sum + lost, 0),
  };
}

function isSame(one: Subscription, other: Subscription): boolean {
  const isAlike = one.filter.type === other.filter.type && isSameSubscriber(one.of, other.of);
  return isAlike && textOf(one.filter) === textOf(other.filter);
}

function isSameSubscriber(one: Subscriber, other: Subscriber): boolean {
  return one.type === other.type && one.id === (other.id as string);
}

function isFitting(filter: Filter, topic: string): boolean {
  switch (filter.type) {
    case "topic":
      return filter.topic === topic;
    case "prefix":
      return topic.startsWith(filter.prefix);
    case "subtree":
      return filter.root === "" || `${topic}.`.startsWith(`${filter.root}.`);
  }
}

function textOf(filter: Filter): string {
  switch (filter.type) {
    case "topic":
      return filter.topic;
    case "prefix":
      return filter.prefix;
    case "subtree":
      return filter.root;
  }
}
