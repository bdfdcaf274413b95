/**
 * Publications. One with an answer waits until every node has reported its deliveries, this one included,
 * or until its deadline.
 */
import { addDeadline, type Deadline, type Deadlines, removeDeadline } from "../core/deadlines.ts";
import type { RequestId, RunId, TimeMs } from "../core/ids.ts";
import { rejected } from "../core/rejection.ts";
import { sizeOf } from "./lines.ts";
import {
  admits,
  type Count,
  type ForwardEffect,
  type Nodes,
  type Relay,
  type RemoveNode,
} from "./nodes.ts";
import { type PipeState, pour } from "./pipe-table.ts";
import type { PipeAnswer } from "./pipes.ts";
import type { SessionTopics } from "./session-topics.ts";
import type { JoinedSession } from "./sessions.ts";
import { subscribersBy, subscribersOf } from "./subscriptions.ts";
import type {
  Announce,
  AnsweredPublish,
  EventEffect,
  PublicationRefused,
  Publish,
  Published,
  TopicLimits,
} from "./topics.ts";

/** The part of the state that publishing needs. */
export interface PublishingState extends SessionTopics, PipeState {
  readonly nodes: Nodes;
  readonly publications: Publications;
}

export interface Publications {
  readonly limits: TopicLimits;
  /** The number of this node's last publication. */
  lastNumber: number;
  /** By number. */
  readonly waiting: Map<number, Deadline<Publication>>;
  readonly deadlines: Deadlines<Publication>;
  /** How many each session has waiting; only sessions with some. */
  readonly waitingCounts: Map<JoinedSession, number>;
}

interface Publication {
  readonly number: number;
  readonly publisher: JoinedSession;
  readonly request: RequestId;
  /** The nodes that have not reported yet. */
  readonly awaited: Set<RunId>;
  delivered: number;
  failed: number;
}

export function createPublications(limits: TopicLimits): Publications {
  return {
    limits,
    lastNumber: 0,
    waiting: new Map(),
    deadlines: [],
    waitingCounts: new Map(),
  };
}

type DeliveryEffect = EventEffect | PipeAnswer;

type PublishEffect = ForwardEffect | DeliveryEffect | PublicationRefused;

export function publish(
  state: PublishingState,
  { event, except }: Publish,
  isCounted = false,
): readonly PublishEffect[] {
  const { nodes, publications } = state;
  publications.lastNumber += 1;
  const publication = { run: nodes.own, number: publications.lastNumber };
  const relay: Relay = { type: "relay", publication, event, except, isCounted };
  const effects = deliver(state, relay);
  return nodes.others.size === 0 ? effects : [{ type: "forward", relay }, ...effects];
}

/** Publishes, unless too many publications wait already. The answer follows the last count. */
export function publishAnswered(
  state: PublishingState,
  at: TimeMs,
  command: AnsweredPublish,
): readonly PublishEffect[] {
  const publisher = state.sessions.joined.get(command.session);
  if (publisher === undefined) return publish(state, command);
  const { request } = command;
  const reason = faultOf(state.publications, publisher);
  if (reason !== undefined) {
    const rejection = rejected("limit_exceeded", reason);
    return [{ type: "publication_refused", session: publisher, request, rejection }];
  }
  const effects = publish(state, command, true);
  wait(state, at, publisher, request);
  return effects;
}

/** Delivers an event of another node, once, and not after a later one of that node. */
export function relay(state: PublishingState, command: Relay): readonly DeliveryEffect[] {
  return admits(state.nodes, command.publication) ? deliver(state, command) : [];
}

/** The pipes have the event first, so that the number of those is known. */
function deliver(
  { sessions, subscriptions, pipes }: SessionTopics & PipeState,
  { publication, event, except, isCounted }: Relay,
): readonly DeliveryEffect[] {
  const excepted = except === undefined ? undefined : sessions.joined.get(except);
  const subscribers = subscribersOf(subscriptions, event.topic, excepted);
  const receiving = subscribersOf(pipes.subscriptions, event.topic, undefined);
  // No delivery is a number, too.
  if (subscribers === undefined && receiving === undefined && !isCounted) return [];
  const answers = receiving === undefined ? [] : pour(pipes, receiving, event);
  const counted = isCounted ? publication : undefined;
  const pipeCount = receiving === undefined ? 0 : sizeOf(receiving);
  return [
    { type: "event", sessions: subscribers ?? nobody, pipeCount, event, counted },
    ...answers,
  ];
}

const nobody: readonly JoinedSession[] = [];

/** Brings the event to the pipes with one of these subscriptions. */
export function announce(
  { pipes }: PipeState,
  { event, filters }: Announce,
): readonly DeliveryEffect[] {
  const receiving = subscribersBy(pipes.subscriptions, filters);
  if (receiving === undefined) return [];
  const answers = pour(pipes, receiving, event);
  const pipeCount = sizeOf(receiving);
  return [{ type: "event", sessions: nobody, pipeCount, event, counted: undefined }, ...answers];
}

/** Why the publication must not wait beside the others; `undefined` if it may. */
function faultOf(
  { limits, waiting, waitingCounts }: Publications,
  publisher: JoinedSession,
): string | undefined {
  const { publicationsMax, publicationsPerSessionMax } = limits;
  if ((waitingCounts.get(publisher) ?? 0) >= publicationsPerSessionMax) {
    return `a session has at most ${publicationsPerSessionMax} publications without an answer`;
  }
  return waiting.size < publicationsMax
    ? undefined
    : `a node has at most ${publicationsMax} publications without an answer`;
}

function wait(
  { nodes, publications }: PublishingState,
  at: TimeMs,
  publisher: JoinedSession,
  request: RequestId,
): void {
  const { limits, lastNumber: number, deadlines, waiting, waitingCounts } = publications;
  const awaited = new Set([nodes.own, ...nodes.others.keys()]);
  const publication = { number, publisher, request, awaited, delivered: 0, failed: 0 };
  const until = (at + limits.publishAnswerMs) as TimeMs;
  waiting.set(number, addDeadline(deadlines, until, 0, number, publication));
  waitingCounts.set(publisher, (waitingCounts.get(publisher) ?? 0) + 1);
}

/** Ignores a second report of a node, and one that comes after the answer. */
export function count(
  { nodes, publications }: PublishingState,
  { publication: { run, number }, run: reporter, delivered, failed }: Count,
): readonly Published[] {
  const waiting = run === nodes.own ? publications.waiting.get(number) : undefined;
  if (waiting === undefined || !waiting.subject.awaited.delete(reporter)) return [];
  waiting.subject.delivered += delivered;
  waiting.subject.failed += failed;
  return waiting.subject.awaited.size === 0 ? answer(publications, waiting) : [];
}

/** No report of the node comes any more. */
export function removeNode(
  { nodes, publications }: PublishingState,
  { run }: RemoveNode,
): readonly Published[] {
  nodes.others.delete(run);
  const answers: Published[] = [];
  for (const waiting of publications.waiting.values()) {
    const { awaited } = waiting.subject;
    if (!awaited.delete(run)) continue;
    waiting.subject.failed += 1;
    if (awaited.size === 0) answers.push(...answer(publications, waiting));
  }
  return answers;
}

/** Answers the publications whose deadlines have come: each node without a report has failed. */
export function endOverdue(publications: Publications, at: TimeMs): readonly Published[] {
  const { deadlines } = publications;
  const answers: Published[] = [];
  for (let first = deadlines[0]; first !== undefined && first.at <= at; first = deadlines[0]) {
    first.subject.failed += first.subject.awaited.size;
    answers.push(...answer(publications, first));
  }
  return answers;
}

/** Ends the wait. A publisher that has left meanwhile gets no answer. */
function answer(
  { deadlines, waiting, waitingCounts }: Publications,
  deadline: Deadline<Publication>,
): readonly Published[] {
  const { number, publisher, request, delivered, failed } = deadline.subject;
  removeDeadline(deadlines, deadline);
  waiting.delete(number);
  const left = (waitingCounts.get(publisher) ?? 0) - 1;
  if (left > 0) waitingCounts.set(publisher, left);
  else waitingCounts.delete(publisher);
  if (publisher.place === 0) return [];
  return [{ type: "published", session: publisher, request, delivered, failed }];
}
