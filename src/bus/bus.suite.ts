/** The acceptance suite of every bus engine. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type BusStage,
  createBusStage,
  idOf,
  type OpenBus,
  prefix,
  topic,
} from "../../testing/bus-stage.ts";
import type { Effect } from "../core/effect.ts";
import type { PipeId, RequestId } from "../core/ids.ts";
import { type FleetingLimits, fleetingLimitsDefault } from "../fleeting/apply.ts";

/** Opens a new bus of one node or several, between which nothing is lost. */
export type OpenBusWith = (limits: FleetingLimits) => OpenBus;

export function busSuite(name: string, open: OpenBusWith): void {
  const stage = (limits: Partial<FleetingLimits> = {}): BusStage =>
    createBusStage(open({ ...fleetingLimitsDefault, ...limits }));

  describe(`the bus "${name}"`, () => {
    describe("effects", () => effectCases(open));
    describe("events", () => eventCases(stage));
    describe("subscriptions", () => subscriptionCases(stage));
    describe("answers", () => answerCases(stage));
    describe("pipes", () => pipeCases(stage));
  });
}

type CreateStage = (limits?: Partial<FleetingLimits>) => BusStage;

function effectCases(open: OpenBusWith): void {
  it("delivers an effect to the receiver of its session, and returns whether the node has one", () => {
    const opened = open(fleetingLimitsDefault);
    const { attach, detach } = createBusStage(opened);
    const [alice, bob] = [attach("alice"), attach("bob")];
    const send = (session: string, request: number) =>
      opened.nodes.filter((bus) => bus.send(effectFor(session, request)));
    assert.deepEqual(send("alice", 1), [alice.bus]);
    assert.deepEqual(send("nobody", 2), []);
    assert.deepEqual(send("bob", 3), [bob.bus]);
    detach("alice");
    assert.deepEqual(send("alice", 4), []);
    assert.deepEqual(alice.delivered, [1]);
    assert.deepEqual(bob.delivered, [3]);
  });
}

function eventCases(stage: CreateStage): void {
  it("delivers an event to the subscribers of its topic, and to no others", async () => {
    const { attach, publish, counts } = stage();
    const [alice, bob, carol] = [attach("alice"), attach("bob"), attach("carol")];
    alice.subscribe(topic("a/b"));
    bob.subscribe(topic("a"));
    carol.subscribe(prefix("a/"));
    await publish("a/b", "1");
    await publish("a", "2");
    await publish("a/bc");
    await publish("ab", "4");
    assert.deepEqual(alice.heard, ["a/b=1"]);
    assert.deepEqual(bob.heard, ["a=2"]);
    assert.deepEqual(carol.heard, ["a/b=1", "a/bc=undefined"]);
    const totals = { publishedTotal: 4, heardTotal: 4, lostTotal: 0 };
    const pipes = { pipes: 0, pipeBytes: 0, pipeDropsTotal: 0 };
    const expected = { subscriptions: 3, subscriptionsRefusedTotal: 0, ...totals, ...pipes };
    assert.deepEqual(counts(), expected);
  });

  it("delivers it once, however many subscriptions of a session fit", async () => {
    const { attach, publish } = stage();
    const peers = [attach("alice"), attach("bob")];
    for (const filter of [topic("a/b"), topic("a/b"), prefix("a/"), prefix("a"), prefix("")]) {
      for (const peer of peers) peer.subscribe(filter);
    }
    await publish("a/b", "1");
    await publish("c", "2");
    for (const { heard } of peers) assert.deepEqual(heard, ["a/b=1", "c=2"]);
  });

  it("delivers the events of a publisher in the order of their publication", async () => {
    const { attach, settle } = stage();
    const publishers = [attach("alice"), attach("bob")];
    const subscribers = [attach("carol"), attach("dora"), attach("emma")];
    for (const subscriber of subscribers) {
      subscriber.subscribe(topic("a"));
      subscriber.subscribe(prefix("b"));
    }
    for (let count = 0; count < 20; count++) {
      for (const { session, publish } of publishers) {
        publish(count % 3 === 0 ? "a" : "b", `${session} ${count}`);
      }
    }
    await settle();
    for (const { heard } of subscribers) {
      for (const { session } of publishers) {
        const own = heard.filter((words) => words.includes(session));
        const numbers = own.map((words) => Number(words.split(" ")[1]));
        assert.deepEqual(numbers, [...Array(20).keys()]);
      }
    }
  });

  it("leaves out the session that must not receive the event", async () => {
    const { attach, publish } = stage();
    const [alice, bob] = [attach("alice"), attach("bob")];
    for (const each of [alice, bob]) each.subscribe(topic("a"));
    for (const on of [0, 1]) {
      await publish("a", "1", { except: "alice", on });
      await publish("a", "2", { except: "carol", on });
    }
    assert.deepEqual(alice.heard, ["a=2", "a=2"]);
    assert.deepEqual(bob.heard, ["a=1", "a=2", "a=1", "a=2"]);
  });

  it("lets sessions be detached while an event is delivered", async () => {
    const { attach, detach, publish } = stage();
    const bob = attach("bob", { on: 0, hearing: () => detach("carol") });
    const carol = attach("carol", { on: 0 });
    const dora = attach("dora", { on: 0, hearing: () => detach("dora") });
    for (const each of [bob, carol, dora]) each.subscribe(topic("a"));
    await publish("a", "1");
    await publish("a", "2");
    assert.deepEqual([bob.heard, carol.heard, dora.heard], [["a=1", "a=2"], [], ["a=1"]]);
  });

  it("delivers nothing for a detached session to the one attached in its place", async () => {
    const { attach, detach, publish } = stage();
    const emma: { heard: readonly string[] }[] = [];
    const bob = attach("bob", {
      on: 0,
      hearing() {
        detach("carol");
        emma.push(attach("emma", { on: 0 }));
      },
    });
    const carol = attach("carol", { on: 0 });
    bob.subscribe(topic("a"));
    carol.subscribe(topic("a"));
    carol.subscribe(prefix(""));
    await publish("a", "1");
    assert.deepEqual([bob.heard, carol.heard, emma[0]?.heard], [["a=1"], [], []]);
  });

  it("returns how many sessions of the publisher's node received an event", () => {
    const { attach } = stage();
    const [alice, bob, carol] = [0, 0, 0].map((on, place) => attach(`peer ${place}`, { on }));
    assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
    assert.equal(alice.publish("a"), 0);
    for (const each of [bob, carol]) each.subscribe(topic("a"));
    assert.equal(alice.publish("a"), 2);
    carol.isOpen = false;
    assert.equal(alice.publish("a"), 1);
  });
}

function pipeCases(stage: CreateStage): void {
  const pipe = "pipe" as PipeId;
  const asking = (session: string, number: number) => {
    return { session: idOf(session), request: `r${number}` as RequestId, pipe };
  };
  const read = (waiting: number, ...messages: readonly (readonly [number, unknown])[]) =>
    JSON.stringify({
      type: "pipe_read",
      messages: messages.map(([number, content]) => ({ number, content })),
      waiting,
      drops: 0,
    });
  const done = JSON.stringify({ type: "pipe_done" });

  it("keeps what is written and published for the owner, and counts the pipe among the receivers", async () => {
    const { attach, publish, settle } = stage();
    const [alice, bob, carol] = [0, 0, 1].map((on, place) => attach(`s${place}`, { on }));
    assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
    alice.bus.perform({ type: "open_pipe", ...asking("s0", 1), capacity: 10 });
    bob.bus.perform({ type: "write_pipe", ...asking("s1", 2), messages: ["1", "2"] });
    const filter = { type: "subtree", root: "a" } as const;
    bob.bus.perform({ type: "subscribe_pipe", ...asking("s1", 3), filter });
    carol.publish("a.b", "3", "r4");
    await settle();
    await publish("ab", "4");
    alice.bus.perform({ type: "read_pipe", ...asking("s0", 5), max: 2 });
    alice.bus.perform({ type: "read_pipe", ...asking("s0", 6), max: 2 });
    const event = { topic: "a.b", payload: "3" };
    assert.deepEqual(bob.heard, [`r2: ${done}`, `r3: ${done}`]);
    assert.deepEqual(carol.heard, ["r4: delivered 1, failed 0"]);
    assert.deepEqual(alice.heard, [
      `r1: ${done}`,
      `r5: ${read(1, [1, "1"], [2, "2"])}`,
      `r6: ${read(0, [3, event])}`,
    ]);
  });

  it("answers a read that waits with all that has come by the end of the turn", async () => {
    const { attach, settle } = stage();
    const [alice, bob] = [attach("s0", { on: 0 }), attach("s1", { on: 0 })];
    const write = (number: number, ...messages: readonly string[]) =>
      bob.bus.perform({ type: "write_pipe", ...asking("s1", number), messages });
    alice.bus.perform({ type: "open_pipe", ...asking("s0", 1), capacity: 3 });
    for (const number of [2, 3, 4]) {
      alice.bus.perform({ type: "read_pipe", ...asking("s0", number), max: 2 });
    }
    write(5, "1");
    write(6, "2", "3");
    assert.deepEqual(alice.heard, [`r1: ${done}`]);
    await settle();
    const answered = [
      `r1: ${done}`,
      `r2: ${read(1, [1, "1"], [2, "2"])}`,
      `r3: ${read(0, [3, "3"])}`,
    ];
    assert.deepEqual(alice.heard, answered);
    write(7, "4", "5", "6", "7");
    const early = `r4: ${read(1, [4, "4"], [5, "5"])}`;
    assert.deepEqual(alice.heard, [...answered, early], "before the pipe drops one");
  });

  it("ends a pipe with its session, and answers a read that waits for nothing", async () => {
    const { attach, detach } = stage();
    const [alice, bob] = [attach("s0", { on: 0 }), attach("s1", { on: 0 })];
    alice.bus.perform({ type: "open_pipe", ...asking("s0", 1), capacity: 10 });
    alice.bus.perform({ type: "read_pipe", ...asking("s0", 2), max: 2 });
    bob.bus.perform({ type: "read_pipe", ...asking("s1", 3), max: 2 });
    alice.bus.perform({ type: "close_pipe", ...asking("s0", 4) });
    assert.deepEqual(alice.heard, [`r1: ${done}`, `r2: ${read(0)}`, `r4: ${done}`]);
    alice.bus.perform({ type: "open_pipe", ...asking("s0", 5), capacity: 10 });
    detach("s0");
    bob.bus.perform({ type: "write_pipe", ...asking("s1", 6), messages: ["1"] });
    const unknown = JSON.stringify({
      type: "rejected",
      code: "not_found",
      reason: "there is no such pipe here",
    });
    assert.deepEqual(bob.heard, [`r3: ${unknown}`, `r6: ${unknown}`]);
  });
}

function subscriptionCases(stage: CreateStage): void {
  it("ends a subscription alone", async () => {
    const { attach, publish, counts } = stage();
    const alice = attach("alice", { on: 1 });
    alice.subscribe(topic("a"));
    alice.subscribe(prefix("a"));
    alice.unsubscribe(prefix("a"));
    alice.unsubscribe(topic("never"));
    await publish("a", "1");
    await publish("ab", "2");
    alice.unsubscribe(topic("a"));
    await publish("a", "3");
    assert.deepEqual(alice.heard, ["a=1"]);
    assert.equal(counts().subscriptions, 0);
  });

  it("ends the subscriptions of a detached session, wherever it is attached again", async () => {
    const { attach, detach, publish, counts } = stage();
    const [alice, bob] = [attach("alice", { on: 0 }), attach("bob", { on: 1 })];
    for (const each of [alice, bob]) {
      each.subscribe(topic("a"));
      each.subscribe(prefix("a"));
    }
    detach("alice");
    assert.equal(counts().subscriptions, 2);
    const again = attach("alice", { on: 1 });
    await publish("a", "1");
    assert.deepEqual([alice.heard, again.heard, bob.heard], [[], [], ["a=1"]]);
  });

  it("keeps the subscriptions of a session that the same receiver attaches again, and no others", async () => {
    const { attach, publish, counts } = stage();
    const { bus, session } = attach("alice");
    const heard: string[] = [];
    const receiverFor = (name: string) => ({
      deliver() {},
      hear() {
        heard.push(name);
        return true;
      },
    });
    const [first, second] = [receiverFor("first"), receiverFor("second")];
    bus.attach(session, first);
    bus.perform({ type: "subscribe", session, filter: topic("a") });
    bus.attach(session, first);
    await publish("a");
    bus.attach(session, second);
    await publish("a");
    assert.equal(counts().subscriptions, 0);
    bus.perform({ type: "subscribe", session, filter: topic("a") });
    await publish("a");
    assert.deepEqual(heard, ["first", "second"]);
  });

  it("subscribes only sessions that are attached", () => {
    const { attach, detach, counts } = stage();
    const alice = attach("alice");
    detach("alice");
    alice.subscribe(topic("a"));
    alice.unsubscribe(topic("a"));
    assert.equal(counts().subscriptions, 0);
  });

  it("counts the subscriptions of all sessions of one network together, and frees them with the session", () => {
    const { attach, detach, counts } = stage({ subscriptionsPerAddressMax: 2 });
    const [alice, bob] = ["alice", "bob"].map((name) => attach(name, { on: 0, network: "a" }));
    const [carol, dora] = [attach("carol", { on: 0, network: "b" }), attach("dora", { on: 0 })];
    alice?.subscribe(topic("x"));
    bob?.subscribe(topic("x"));
    bob?.subscribe(topic("y"));
    assert.deepEqual(bob?.heard, ["refused y: an address has at most 2 subscriptions"]);
    for (const name of ["x", "y"]) carol.subscribe(topic(name));
    for (const name of ["x", "y", "z"]) dora.subscribe(topic(name));
    assert.equal(counts().subscriptions, 7);
    detach("alice");
    bob?.subscribe(topic("y"));
    assert.equal(counts().subscriptions, 7);
  });

  it("bounds what the topics of a session take together", () => {
    const { attach } = stage({ topicsLengthPerSessionMax: 5 });
    const alice = attach("alice");
    for (const name of ["abc", "de", "f"]) alice.subscribe(topic(name));
    alice.unsubscribe(topic("abc"));
    alice.subscribe(prefix("fgh"));
    assert.deepEqual(alice.heard, [
      "refused f: the topics of a session have at most 5 characters in all",
    ]);
  });

  it("refuses subscriptions beyond the limits, each with an effect, and keeps the others", async () => {
    const { attach, publish, counts } = stage({ subscriptionsPerSessionMax: 2, topicBytesMax: 4 });
    const alice = attach("alice");
    for (const filter of [topic("éé"), topic("ééé"), prefix("a"), topic("éé"), topic("b")]) {
      alice.subscribe(filter);
    }
    await publish("éé");
    await publish("b");
    assert.deepEqual(alice.heard, [
      "refused ééé: a topic has at most 4 bytes",
      "refused b: a session has at most 2 subscriptions",
      "éé=undefined",
    ]);
    assert.equal(counts().subscriptions, 2);
    assert.equal(counts().subscriptionsRefusedTotal, 2);
    alice.unsubscribe(prefix("a"));
    alice.subscribe(topic("b"));
    await publish("b");
    assert.equal(alice.heard.at(-1), "b=undefined");
  });

  it("keeps names that objects have of their own apart from the rest", async () => {
    const { attach, publish } = stage();
    const alice = attach("alice", { on: 1 });
    for (const name of ["__proto__", "constructor"]) alice.subscribe(topic(name));
    for (const name of ["toString", "__proto__", "constructor", ""]) await publish(name, "1");
    assert.deepEqual(alice.heard, ["__proto__=1", "constructor=1"]);
  });
}

function answerCases(stage: CreateStage): void {
  it("answers a publication with the numbers of all nodes, once and maybe later", async () => {
    const { attach, settle } = stage();
    const [alice, ...others] = [0, 0, 0, 1, 1, 2].map((on, place) => attach(`${place}`, { on }));
    assert.ok(alice !== undefined);
    for (const other of others) other.subscribe(topic("a"));
    for (const place of [1, 3]) Object.assign(others[place] ?? {}, { isOpen: false });
    alice.publish("a", "1", "r1");
    alice.publish("nowhere", "2", "r2");
    assert.ok(alice.heard.length <= 2);
    await settle();
    const expected = ["r1: delivered 3, failed 2", "r2: delivered 0, failed 0"];
    assert.deepEqual([...alice.heard].sort(), expected);
    assert.deepEqual(
      others.map(({ heard }) => heard.length),
      [1, 0, 1, 0, 1],
    );
  });

  it("answers a publisher that is subscribed itself after its own event", async () => {
    const { attach, settle } = stage();
    const alice = attach("alice");
    alice.subscribe(topic("a"));
    alice.publish("a", "1", "r1");
    await settle();
    assert.deepEqual(alice.heard, ["a=1", "r1: delivered 1, failed 0"]);
  });

  it("answers nobody who did not ask, or who is no longer attached", async () => {
    const { attach, detach, settle } = stage();
    const [alice, bob] = [attach("alice"), attach("bob")];
    bob.subscribe(topic("a"));
    alice.publish("a", "1");
    detach("alice");
    alice.publish("a", "2", "r2");
    const again = attach("alice", { on: 0 });
    await settle();
    assert.deepEqual([alice.heard, again.heard, bob.heard], [[], [], ["a=1", "a=2"]]);
  });

  it("refuses a publication beyond the limits with an effect for its publisher, and delivers nothing", async () => {
    const { attach, settle, counts } = stage({ publicationsPerSessionMax: 0 });
    const [alice, bob] = [attach("alice"), attach("bob")];
    bob.subscribe(topic("a"));
    alice.publish("a", "1", "r1");
    alice.publish("a", "2");
    await settle();
    assert.deepEqual(alice.heard, ["r1: limit_exceeded"]);
    assert.deepEqual(bob.heard, ["a=2"]);
    assert.equal(counts().publishedTotal, 1);
  });
}

function effectFor(name: string, request: number): Effect {
  const outcome = { type: "session_touched" } as const;
  return { session: idOf(name), request: String(request) as RequestId, outcome };
}
