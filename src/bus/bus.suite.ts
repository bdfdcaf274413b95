/** The acceptance suite of every bus engine. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Effect } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import type { Filter, TopicLimits } from "../fleeting/topics.ts";
import type { Bus } from "./bus.ts";

export function busSuite(name: string, open: (limits: TopicLimits) => Bus): void {
  describe(`the bus "${name}"`, () => {
    it("hands an effect to the receiver of its session, and says when there is none", () => {
      const { bus, attach } = stage(open);
      const [alice, bob] = [attach("alice"), attach("bob")];
      assert.equal(bus.send(effectFor("alice", 1)), true);
      assert.equal(bus.send(effectFor("nobody", 2)), false);
      assert.equal(bus.send(effectFor("bob", 3)), true);
      bus.detach(idOf("alice"));
      assert.equal(bus.send(effectFor("alice", 4)), false);
      assert.deepEqual(alice.delivered, [1]);
      assert.deepEqual(bob.delivered, [3]);
    });

    it("tells an event to those who want its topic, and to no others", () => {
      const { bus, attach, publish } = stage(open);
      const [alice, bob, carol] = [attach("alice"), attach("bob"), attach("carol")];
      alice.wants(topic("a/b"));
      bob.wants(topic("a"));
      carol.wants(prefix("a/"));
      publish("a/b", "1");
      publish("a", "2");
      publish("a/bc");
      publish("ab", "4");
      assert.deepEqual(alice.heard, ["a/b=1"]);
      assert.deepEqual(bob.heard, ["a=2"]);
      assert.deepEqual(carol.heard, ["a/b=1", "a/bc=undefined"]);
      assert.deepEqual(bus.counts(), { subscriptions: 3, publishedTotal: 4, heardTotal: 4 });
    });

    it("tells it once, however many subscriptions of a session want it", () => {
      const { attach, publish } = stage(open);
      const alice = attach("alice");
      for (const filter of [topic("a/b"), topic("a/b"), prefix("a/"), prefix("a"), prefix("")]) {
        alice.wants(filter);
      }
      publish("a/b", "1");
      publish("c", "2");
      assert.deepEqual(alice.heard, ["a/b=1", "c=2"]);
    });

    it("tells events in the order in which they were published", () => {
      const { attach, publish } = stage(open);
      const [alice, bob] = [attach("alice"), attach("bob")];
      alice.wants(topic("a"));
      alice.wants(topic("b"));
      bob.wants(prefix(""));
      for (const [place, name] of ["a", "b", "b", "a", "b"].entries()) publish(name, `${place}`);
      assert.deepEqual(alice.heard, ["a=0", "b=1", "b=2", "a=3", "b=4"]);
      assert.deepEqual(bob.heard, alice.heard);
    });

    it("leaves out the one who is not to hear it", () => {
      const { attach, publish } = stage(open);
      const [alice, bob] = [attach("alice"), attach("bob")];
      alice.wants(topic("a"));
      bob.wants(topic("a"));
      publish("a", "1", "alice");
      publish("a", "2", "carol");
      assert.deepEqual(alice.heard, ["a=2"]);
      assert.deepEqual(bob.heard, ["a=1", "a=2"]);
    });

    it("tells nothing after the end of a subscription, and goes on with the others", () => {
      const { bus, attach, publish } = stage(open);
      const alice = attach("alice");
      alice.wants(topic("a"));
      alice.wants(prefix("a"));
      alice.wantsNoMore(prefix("a"));
      alice.wantsNoMore(topic("never"));
      publish("a", "1");
      publish("ab", "2");
      alice.wantsNoMore(topic("a"));
      publish("a", "3");
      assert.deepEqual(alice.heard, ["a=1"]);
      assert.equal(bus.counts().subscriptions, 0);
    });

    it("forgets the subscriptions of a session that is detached", () => {
      const { bus, attach, publish } = stage(open);
      const [alice, bob] = [attach("alice"), attach("bob")];
      for (const each of [alice, bob]) {
        each.wants(topic("a"));
        each.wants(prefix("a"));
      }
      bus.detach(idOf("alice"));
      assert.equal(bus.counts().subscriptions, 2);
      const again = attach("alice");
      publish("a", "1");
      assert.deepEqual([alice.heard, again.heard, bob.heard], [[], [], ["a=1"]]);
    });

    it("keeps the subscriptions of a session that is attached again by the same receiver only", () => {
      const { bus } = stage(open);
      const heard: string[] = [];
      const receiverFor = (name: string) => ({ deliver() {}, hear: () => void heard.push(name) });
      const [first, second] = [receiverFor("first"), receiverFor("second")];
      const session = idOf("alice");
      const publish = () => bus.perform({ type: "publish", event: { topic: "a" } });
      bus.attach(session, first);
      bus.perform({ type: "subscribe", session, filter: topic("a") });
      bus.attach(session, first);
      publish();
      bus.attach(session, second);
      publish();
      assert.equal(bus.counts().subscriptions, 0);
      bus.perform({ type: "subscribe", session, filter: topic("a") });
      publish();
      assert.deepEqual(heard, ["first", "second"]);
    });

    it("subscribes nobody who is not attached", () => {
      const { bus } = stage(open);
      bus.perform({ type: "subscribe", session: idOf("alice"), filter: topic("a") });
      bus.perform({ type: "unsubscribe", session: idOf("alice"), filter: topic("a") });
      assert.equal(bus.counts().subscriptions, 0);
    });

    it("lets a receiver be detached while an event is told", () => {
      const { bus, attach, publish } = stage(open);
      const bob = attach("bob", () => bus.detach(idOf("carol")));
      const carol = attach("carol");
      const dora = attach("dora", () => bus.detach(idOf("dora")));
      for (const each of [bob, carol, dora]) each.wants(topic("a"));
      publish("a", "1");
      publish("a", "2");
      assert.deepEqual([bob.heard, carol.heard, dora.heard], [["a=1", "a=2"], [], ["a=1"]]);
    });

    it("refuses subscriptions beyond the limits, says so, and keeps the others", () => {
      const { bus, attach, publish } = stage(open, {
        subscriptionsPerSessionMax: 2,
        topicBytesMax: 4,
      });
      const alice = attach("alice");
      for (const filter of [topic("éé"), topic("ééé"), prefix("a"), topic("éé"), topic("b")]) {
        alice.wants(filter);
      }
      publish("éé");
      publish("b");
      assert.deepEqual(alice.heard, [
        "refused ééé: a topic has at most 4 bytes",
        "refused b: a session has at most 2 subscriptions",
        "éé=undefined",
      ]);
      assert.equal(bus.counts().subscriptions, 2);
      alice.wantsNoMore(prefix("a"));
      alice.wants(topic("b"));
      publish("b");
      assert.equal(alice.heard.at(-1), "b=undefined");
    });

    it("keeps names that objects have of their own apart from the rest", () => {
      const { attach, publish } = stage(open);
      const alice = attach("alice");
      for (const name of ["__proto__", "constructor"]) alice.wants(topic(name));
      for (const name of ["toString", "__proto__", "constructor", ""]) publish(name, "1");
      assert.deepEqual(alice.heard, ["__proto__=1", "constructor=1"]);
    });
  });
}

const limitsWide: TopicLimits = { subscriptionsPerSessionMax: 100, topicBytesMax: 100 };

interface Hearer {
  /** The requests of the delivered effects. */
  readonly delivered: readonly number[];
  /** The delivered events as `topic=payload`, and refusals. */
  readonly heard: readonly string[];
  wants(filter: Filter): void;
  wantsNoMore(filter: Filter): void;
}

function stage(open: (limits: TopicLimits) => Bus, limits: TopicLimits = limitsWide) {
  const bus = open(limits);

  function attach(name: string, hearing = () => {}): Hearer {
    const session = idOf(name);
    const delivered: number[] = [];
    const heard: string[] = [];
    bus.attach(session, {
      deliver: ({ request }) => delivered.push(Number(request)),
      hear(effect) {
        const words =
          effect.type === "event"
            ? `${effect.event.topic}=${effect.event.payload}`
            : `refused ${Object.values(effect.filter)[1]}: ${effect.rejection.reason}`;
        heard.push(words);
        hearing();
      },
    });
    return {
      delivered,
      heard,
      wants: (filter) => bus.perform({ type: "subscribe", session, filter }),
      wantsNoMore: (filter) => bus.perform({ type: "unsubscribe", session, filter }),
    };
  }

  function publish(name: string, payload?: string, except?: string): void {
    const event = { topic: name, ...(payload !== undefined && { payload }) };
    bus.perform({ type: "publish", event, ...(except !== undefined && { except: idOf(except) }) });
  }

  return { bus, attach, publish };
}

function topic(name: string): Filter {
  return { type: "topic", topic: name };
}

function prefix(text: string): Filter {
  return { type: "prefix", prefix: text };
}

function idOf(name: string): SessionId {
  return name as SessionId;
}

function effectFor(name: string, request: number): Effect {
  const outcome = { type: "session_touched" } as const;
  return { session: idOf(name), request: String(request) as RequestId, outcome };
}
