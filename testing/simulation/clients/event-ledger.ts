/** The events that were published at one node, and their subscribers, each of whom must receive its own. */
import { InvariantBroken } from "../invariant-broken.ts";

export interface EventLedger {
  /** A client is about to publish an event. */
  publish(topics: readonly string[], from: string): Publication;
  /** The publisher has received the answer. */
  confirm(publication: Publication): void;
  /** The subscriber of a connection by this name. */
  subscriber(name: string): Subscriber;
}

export interface Publication {
  /** Its place among all publications. */
  readonly index: number;
  /** In the order in which the event goes out. */
  readonly topics: readonly string[];
  readonly from: string;
  /** Unique. */
  readonly payload: string;
}

/**
 * One connection's subscriptions. Answers give it certainty: a client that receives the answer to a call has
 * received everything that was sent to it before, and its earlier subscriptions have taken effect.
 */
export interface Subscriber {
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** The client makes a call; the returned function is called when the answer is no error. */
  asks(): () => void;
  /** Throws unless the client must receive this event under this topic, and now for the first time. */
  receives(topic: string, payload: unknown): void;
}

export function createEventLedger(): EventLedger {
  const published: Publication[] = [];
  const byPayload = new Map<string, Publication>();
  const confirmed: Publication[] = [];
  return {
    publish(topics, from) {
      const index = published.length;
      const publication = { index, topics, from, payload: `event ${index} of ${from}` };
      published.push(publication);
      byPayload.set(publication.payload, publication);
      return publication;
    },
    confirm: (publication) => void confirmed.push(publication),
    subscriber: (name) => createSubscriber({ published, byPayload, confirmed }, name),
  };
}

interface Pages {
  readonly published: readonly Publication[];
  readonly byPayload: ReadonlyMap<string, Publication>;
  /** In the order of their answers. */
  readonly confirmed: readonly Publication[];
}

/** An event under one of its topics. */
interface Place {
  readonly index: number;
  readonly place: number;
}

function placeOf(index: number, topic: string): string {
  return `${index} ${topic}`;
}

interface Subscription {
  /** Number of subscriptions and their ends up to this one. */
  readonly order: number;
  /** The first publication that it must receive; `undefined` while that is unknown. */
  since: number | undefined;
}

function createSubscriber({ published, byPayload, confirmed }: Pages, name: string): Subscriber {
  const subscriptions = new Map<string, Subscription>();
  /** Subscriptions that the client has ended, with their order, until it knows that the server has. */
  const ending = new Map<string, number>();
  /** The last event that was received from each publisher. */
  const lastOf = new Map<string, Place>();
  const received = new Set<string>();
  let order = 0;
  let checkedCount = 0;

  function answered(orderAsked: number, confirmedCount: number): void {
    for (const publication of confirmed.slice(checkedCount, confirmedCount)) {
      assertReceived(publication);
    }
    checkedCount = Math.max(checkedCount, confirmedCount);
    for (const subscription of subscriptions.values()) {
      if (subscription.order <= orderAsked) subscription.since ??= published.length;
    }
    for (const [topic, endOrder] of ending) if (endOrder <= orderAsked) ending.delete(topic);
  }

  function assertReceived({ topics, from, index, payload }: Publication): void {
    for (const topic of topics) {
      const since = subscriptions.get(topic)?.since;
      if (since === undefined || index < since || from === name) continue;
      if (!received.has(placeOf(index, topic))) {
        throw new InvariantBroken(`${name} has not received "${payload}" under ${topic}`);
      }
    }
  }

  /** Says why the client must not receive the event; otherwise counts it as received. */
  function faultOf(topic: string, { index, topics, from }: Publication): string | undefined {
    if (from === name) return "it published that itself";
    if (!subscriptions.has(topic) && !ending.has(topic)) return "it has no subscription";
    const place = topics.indexOf(topic);
    if (place < 0) return "the event has another topic";
    const last = lastOf.get(from) ?? { index: -1, place: 0 };
    if (index < last.index || (index === last.index && place <= last.place)) {
      return "late, or once more";
    }
    lastOf.set(from, { index, place });
    received.add(placeOf(index, topic));
    return undefined;
  }

  return {
    subscribe(topic) {
      order += 1;
      ending.delete(topic);
      if (!subscriptions.has(topic)) subscriptions.set(topic, { order, since: undefined });
    },
    unsubscribe(topic) {
      order += 1;
      if (subscriptions.delete(topic)) ending.set(topic, order);
    },
    asks() {
      const orderAsked = order;
      const confirmedCount = confirmed.length;
      return () => answered(orderAsked, confirmedCount);
    },
    receives(topic, payload) {
      const publication = byPayload.get(String(payload));
      const why = publication === undefined ? "nobody published that" : faultOf(topic, publication);
      if (why !== undefined) {
        throw new InvariantBroken(`${name} receives "${payload}" under ${topic}: ${why}`);
      }
    },
  };
}
