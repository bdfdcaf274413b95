import type { Bus, BusCounts, Receiver } from "../src/bus/bus.ts";
import type { RequestId, SessionId } from "../src/core/ids.ts";
import type { SessionEffect } from "../src/fleeting/effect.ts";
import type { Event, Filter } from "../src/fleeting/topics.ts";
import { nextTurn } from "./next-turn.ts";

/** A bus for a test, with all of its nodes. */
export interface OpenBus {
  /** They know each other already. A node that starts again has another bus. */
  readonly nodes: readonly [Bus, ...Bus[]];
  /** Lets everything arrive that is on its way. */
  settle(): void | Promise<void>;
}

/** Sessions on the nodes of a bus, and what they receive. */
export interface BusStage {
  /** Without `on`, sessions go to one node after another. */
  attach(name: string, wishes?: AttachWishes): Peer;
  detach(name: string): void;
  /** Publishes, and lets the event arrive. */
  publish(topic: string, payload?: string, wishes?: PublishWishes): Promise<void>;
  settle(): Promise<void>;
  /** Of all nodes together. */
  counts(): BusCounts;
}

export interface AttachWishes {
  readonly on?: number;
  readonly network?: string;
  /** Called with each effect. */
  readonly hearing?: () => void;
}

export interface PublishWishes {
  readonly except?: string;
  readonly on?: number;
}

export interface Peer {
  readonly bus: Bus;
  readonly session: SessionId;
  /** The requests of the effects of the log. */
  readonly delivered: readonly number[];
  /** Events as `topic=payload`, refusals, and answers. */
  readonly heard: readonly string[];
  /** Whether its connection can take anything. */
  isOpen: boolean;
  subscribe(filter: Filter): void;
  unsubscribe(filter: Filter): void;
  /** Returns how many sessions of its node received the event. With a request, the answer is among what it hears. */
  publish(topic: string, payload?: string, request?: string): number;
}

export function createBusStage(opened: OpenBus): BusStage {
  const { settle } = opened;
  let attachedCount = 0;
  const nodeAt = (place: number): Bus =>
    opened.nodes[place % opened.nodes.length] ?? opened.nodes[0];

  return {
    attach: (name, { on = attachedCount++, ...wishes } = {}) =>
      attachPeer(nodeAt(on), idOf(name), wishes),
    detach(name) {
      for (const bus of opened.nodes) bus.detach(idOf(name));
    },
    async publish(name, payload, { except, on = 0 } = {}) {
      const event = eventOf(name, payload);
      const excepted = except === undefined ? {} : { except: idOf(except) };
      nodeAt(on).perform({ type: "publish", event, ...excepted });
      await settle();
    },
    async settle() {
      await settle();
      await nextTurn();
    },
    counts: () => opened.nodes.map((bus) => bus.counts()).reduce(sum),
  };
}

function attachPeer(bus: Bus, session: SessionId, { hearing, network }: AttachWishes): Peer {
  const delivered: number[] = [];
  const heard: string[] = [];
  const peer: Peer = {
    bus,
    session,
    delivered,
    heard,
    isOpen: true,
    subscribe: (filter) => void bus.perform({ type: "subscribe", session, filter }),
    unsubscribe: (filter) => void bus.perform({ type: "unsubscribe", session, filter }),
    publish(name, payload, request) {
      const publication = { type: "publish", event: eventOf(name, payload) } as const;
      if (request === undefined) return bus.perform(publication);
      return bus.perform({ ...publication, session, request: request as RequestId });
    },
  };
  const receiver: Receiver = {
    deliver: ({ request }) => void delivered.push(Number(request)),
    hear(effect) {
      if (peer.isOpen) heard.push(wordsOf(effect));
      hearing?.();
      return peer.isOpen;
    },
  };
  bus.attach(session, receiver, network);
  return peer;
}

function wordsOf(effect: SessionEffect): string {
  switch (effect.type) {
    case "event":
      return `${effect.event.topic}=${effect.event.payload}`;
    case "refused":
      return `refused ${Object.values(effect.filter)[1]}: ${effect.rejection.reason}`;
    case "published":
      return `${effect.request}: delivered ${effect.delivered}, failed ${effect.failed}`;
    case "publication_refused":
      return `${effect.request}: ${effect.rejection.code}`;
    case "pipe_answer":
      return `${effect.request}: ${JSON.stringify(effect.outcome)}`;
  }
}

function eventOf(name: string, payload: string | undefined): Event {
  return { topic: name, ...(payload !== undefined && { payload }) };
}

function sum(one: BusCounts, other: BusCounts): BusCounts {
  return {
    subscriptions: one.subscriptions + other.subscriptions,
    subscriptionsRefusedTotal: one.subscriptionsRefusedTotal + other.subscriptionsRefusedTotal,
    publishedTotal: one.publishedTotal + other.publishedTotal,
    heardTotal: one.heardTotal + other.heardTotal,
    pipes: one.pipes + other.pipes,
    pipeBytes: one.pipeBytes + other.pipeBytes,
    pipeDropsTotal: one.pipeDropsTotal + other.pipeDropsTotal,
    lostTotal: one.lostTotal + other.lostTotal,
  };
}

export function topic(name: string): Filter {
  return { type: "topic", topic: name };
}

export function prefix(text: string): Filter {
  return { type: "prefix", prefix: text };
}

export function idOf(name: string): SessionId {
  return name as SessionId;
}
