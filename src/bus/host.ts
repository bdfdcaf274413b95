/**
 * Hosts the machine of the fleeting plane on one node: keeps the receivers of its sessions, delivers its
 * effects and wakes it at its deadlines. An engine adds how commands travel between nodes.
 *
 *   perform ──▶ apply ──▶ effects ──▶ receivers
 *      ▲          ▲          └──▶ carrier ~~▶ receive of another host
 *      └─ alarm   └── count of the deliveries
 */
import type { Effect } from "../core/effect.ts";
import type { RunId, SessionId, TimeMs } from "../core/ids.ts";
import { unreachable } from "../core/unreachable.ts";
import { apply, createState, filtersOf, nextDeadline, type State } from "../fleeting/apply.ts";
import type { Count, FleetingCommand, NodeCommand, Relay } from "../fleeting/command.ts";
import type { FleetingEffect } from "../fleeting/effect.ts";
import type { EventEffect } from "../fleeting/topics.ts";
import type { Bus, BusClock, BusCounts, BusOptions, Receiver, SubscribedTopic } from "./bus.ts";

export interface BusHost {
  readonly state: State;
  readonly clock: BusClock;
  readonly carrier: Carrier;
  /** By the places of their sessions; no session has place 0. */
  readonly receivers: (Receiver | undefined)[];
  heardTotal: number;
  /** When the alarm rings; infinite without one. */
  alarmAt: number;
  cancelAlarm: () => void;
}

/** Takes commands to the hosts of other nodes. They may be lost, or arrive more than once. */
export interface Carrier {
  /** To every other node. */
  relay(command: Relay): void;
  /** To the node of the publication. */
  count(command: Count): void;
}

export interface BusHostOptions extends BusOptions {
  /** This run of this node. */
  readonly run: RunId;
  readonly carrier: Carrier;
}

export function createHost({ limits, run, clock, carrier }: BusHostOptions): BusHost {
  return {
    state: createState({ limits, run }),
    clock,
    carrier,
    receivers: [undefined],
    heardTotal: 0,
    alarmAt: Number.POSITIVE_INFINITY,
    cancelAlarm() {},
  };
}

export function busOf(host: BusHost): Bus {
  return {
    attach: (session, receiver, network) => attach(host, session, receiver, network),
    detach: (session) => detach(host, session),
    send: (effect) => send(host, effect),
    perform: (command) => perform(host, command),
    counts: () => countsOf(host),
    topics: () => topicsOf(host),
  };
}

/** Takes a command from another node, or about it. */
export function receive(host: BusHost, command: NodeCommand): void {
  perform(host, command);
}

function attach(
  host: BusHost,
  session: SessionId,
  receiver: Receiver,
  network: string | undefined,
): void {
  if (host.receivers[placeOf(host, session)] === receiver) return;
  detach(host, session);
  perform(host, { type: "join", session, network });
  host.receivers[placeOf(host, session)] = receiver;
}

function detach(host: BusHost, session: SessionId): void {
  const place = placeOf(host, session);
  if (place === 0) return;
  host.receivers[place] = undefined;
  perform(host, { type: "leave", session });
}

function send(host: BusHost, effect: Effect): boolean {
  const receiver = host.receivers[placeOf(host, effect.session)];
  receiver?.deliver(effect);
  return receiver !== undefined;
}

/** 0 if the session is not attached here. */
function placeOf({ state }: BusHost, session: SessionId): number {
  return state.sessions.joined.get(session)?.place ?? 0;
}

function countsOf({ state, heardTotal }: BusHost): BusCounts {
  const { subscriptions, publications, nodes, pipes } = state;
  return {
    subscriptions: subscriptions.count,
    subscriptionsRefusedTotal: subscriptions.refusedCount,
    publishedTotal: publications.lastNumber,
    heardTotal,
    pipes: pipes.byId.size,
    pipeBytes: pipes.bytes,
    pipeDropsTotal: pipes.droppedCount,
    lostTotal: nodes.lostCount,
  };
}

function topicsOf({ state }: BusHost): readonly SubscribedTopic[] {
  const topics = new Map<string, SubscribedTopic>();
  const { subscriptions, pipes } = state;
  for (const { filter, count } of [
    ...filtersOf(subscriptions),
    ...filtersOf(pipes.subscriptions),
  ]) {
    const key = JSON.stringify(filter);
    topics.set(key, { filter, count: count + (topics.get(key)?.count ?? 0) });
  }
  return [...topics.values()];
}

/** Returns the number of sessions here that received an event. */
function perform(host: BusHost, command: FleetingCommand): number {
  const at = host.clock.nowMs() as TimeMs;
  let delivered = 0;
  for (const effect of apply(host.state, at, command)) delivered += carryOut(host, effect);
  arm(host, at);
  return delivered;
}

function carryOut(host: BusHost, effect: FleetingEffect): number {
  switch (effect.type) {
    case "event":
      return deliver(host, effect);
    case "published":
    case "refused":
    case "publication_refused":
    case "pipe_answer":
      host.receivers[effect.session.place]?.hear?.(effect);
      return 0;
    case "forward":
      host.carrier.relay(effect.relay);
      return 0;
    default:
      return unreachable(effect);
  }
}

function deliver(host: BusHost, effect: EventEffect): number {
  const { sessions, pipeCount, counted } = effect;
  const tally: Tally = { delivered: pipeCount, failed: 0 };
  // One loop for both kinds would make the one over a set take twice as long.
  if (sessions instanceof Set) {
    for (const session of sessions) deliverTo(host, session, effect, tally);
  } else {
    for (const session of sessions) deliverTo(host, session, effect, tally);
  }
  host.heardTotal += tally.delivered + tally.failed;
  if (counted !== undefined) {
    report(host, { type: "count", publication: counted, run: host.state.nodes.own, ...tally });
  }
  return tally.delivered;
}

interface Tally {
  delivered: number;
  failed: number;
}

function deliverTo(
  { receivers }: BusHost,
  { place }: { readonly place: number },
  effect: EventEffect,
  tally: Tally,
): void {
  const receiver = receivers[place];
  if (receiver?.hear === undefined) return;
  if (receiver.hear(effect)) tally.delivered += 1;
  else tally.failed += 1;
}

function report(host: BusHost, count: Count): void {
  if (count.publication.run === count.run) perform(host, count);
  else host.carrier.count(count);
}

/** Sets the alarm for the next deadline, if that comes before the present alarm. */
function arm(host: BusHost, at: TimeMs): void {
  const next = nextDeadline(host.state);
  if (next === undefined || next >= host.alarmAt) return;
  host.cancelAlarm();
  host.alarmAt = next;
  const { clock } = host;
  host.cancelAlarm =
    next < at
      ? clock.soon(() => ring(host))
      : clock.after(Math.max(1, next - at), () => ring(host));
}

function ring(host: BusHost): void {
  host.alarmAt = Number.POSITIVE_INFINITY;
  perform(host, { type: "tick" });
}
