/** What was published in a world, by whom, and who must have heard of it by now. */
import { InvariantBroken } from "../invariant-broken.ts";

export interface EventLedger {
  /** Somebody is about to publish it. */
  publish(topics: readonly string[], from: string): Publication;
  /** Who published it was told that it is done. */
  confirm(publication: Publication): void;
  /** For a connection of this name. */
  listen(name: string): Listener;
}

export interface Publication {
  /** Its place among all. */
  readonly index: number;
  /** In their order. */
  readonly topics: readonly string[];
  readonly from: string;
  /** Unlike that of any other. */
  readonly payload: string;
}

/**
 * One that subscribes. What it knows for sure it knows from answers: whoever hears the answer to a question
 * has heard all that was said to it before that, and what it had asked for before the question is done.
 */
export interface Listener {
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** It asks something; the returned function is called when that is answered well. */
  asks(): () => void;
  /** Throws unless it is to be heard, now, here and for the first time. */
  hears(topic: string, payload: unknown): void;
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
    listen: (name) => createListener({ published, byPayload, confirmed }, name),
  };
}

interface Pages {
  readonly published: readonly Publication[];
  readonly byPayload: ReadonlyMap<string, Publication>;
  /** In the order in which that became known. */
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
  /** Of the subscriptions and their ends, so many had been asked for then. */
  readonly order: number;
  /** It is heard for sure from this publication on; `undefined`: nobody knows. */
  since: number | undefined;
}

function createListener({ published, byPayload, confirmed }: Pages, name: string): Listener {
  const subscriptions = new Map<string, Subscription>();
  /** Those that were ended, by the order of that, until it is known that the server knows. */
  const ending = new Map<string, number>();
  /** What was heard last of each publisher. */
  const lastOf = new Map<string, Place>();
  const heard = new Set<string>();
  let order = 0;
  let checkedCount = 0;

  function answered(orderAsked: number, confirmedCount: number): void {
    for (const publication of confirmed.slice(checkedCount, confirmedCount)) {
      assertHeard(publication);
    }
    checkedCount = Math.max(checkedCount, confirmedCount);
    for (const subscription of subscriptions.values()) {
      if (subscription.order <= orderAsked) subscription.since ??= published.length;
    }
    for (const [topic, endOrder] of ending) if (endOrder <= orderAsked) ending.delete(topic);
  }

  function assertHeard({ topics, from, index, payload }: Publication): void {
    for (const topic of topics) {
      const since = subscriptions.get(topic)?.since;
      if (since === undefined || index < since || from === name) continue;
      if (!heard.has(placeOf(index, topic))) {
        throw new InvariantBroken(`${name} has not heard "${payload}" under ${topic}`);
      }
    }
  }

  /** Why it is not to be heard; when it is, it has been heard from now on. */
  function faultOf(topic: string, { index, topics, from }: Publication): string | undefined {
    if (from === name) return "it said that itself";
    if (!subscriptions.has(topic) && !ending.has(topic)) return "it does not listen to that";
    const place = topics.indexOf(topic);
    if (place < 0) return "it does not belong there";
    const last = lastOf.get(from) ?? { index: -1, place: 0 };
    if (index < last.index || (index === last.index && place <= last.place)) {
      return "late, or once more";
    }
    lastOf.set(from, { index, place });
    heard.add(placeOf(index, topic));
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
    hears(topic, payload) {
      const publication = byPayload.get(String(payload));
      const why = publication === undefined ? "nobody said that" : faultOf(topic, publication);
      if (why !== undefined) {
        throw new InvariantBroken(`${name} hears "${payload}" under ${topic}: ${why}`);
      }
    },
  };
}
