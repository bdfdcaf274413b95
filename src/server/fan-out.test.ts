import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalBus } from "../bus/local.ts";
import type { SessionId } from "../core/ids.ts";
import { type TopicCommand, topicLimitsDefault } from "../fleeting/topics.ts";
import type { MessageConnection, Step } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import { createFanOut } from "./fan-out.ts";
import { createHttpGateway } from "./http-gateway.ts";
import type { MessageHandler } from "./listen/listener.ts";
import { createMessageGateway } from "./message-gateway.ts";
import { createOperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";

/** Turns of the event loop that the test ends. */
function createTurns() {
  let due: (() => void)[] = [];
  return {
    soon(run: () => void) {
      due.push(run);
      return () => {};
    },
    end() {
      const now = due;
      due = [];
      for (const run of now) run();
    },
  };
}

/** A clock that stands still. */
function clockWith({ soon }: Pick<Clock, "soon">): Clock {
  return { nowMs: () => 0, after: () => () => {}, every: () => () => {}, soon };
}

/** An event that takes half the budget of a turn. */
const halfOfATurn = "x".repeat(4 * 1024 * 1024);

function publication(topic: string, payload: string): TopicCommand {
  return { type: "publish", event: { topic, payload } };
}

/** A bus with one session subscribed to everything. */
function createStage() {
  const turns = createTurns();
  const bus = createLocalBus({ limits: topicLimitsDefault, clock: clockWith(turns) });
  const heard: string[] = [];
  const session = "hearer" as SessionId;
  bus.attach(session, {
    deliver() {},
    hear(effect) {
      if (effect.type === "event") heard.push(effect.event.topic);
      return true;
    },
  });
  bus.perform({ type: "subscribe", session, filter: { type: "prefix", prefix: "" } });
  return { turns, bus, heard, fanOut: createFanOut(turns) };
}

test("what nobody hears costs nothing", () => {
  const { turns, bus } = createStage();
  const fanOut = createFanOut(turns);
  bus.detach("hearer" as SessionId);
  for (let count = 0; count < 10; count += 1) fanOut.perform(bus, publication("a", halfOfATurn));
  assert.equal(fanOut.isSpent, false);
});

test("a turn is spent when enough was told in it, and the next one is fresh", () => {
  const { turns, bus, fanOut } = createStage();
  fanOut.perform(bus, publication("a", halfOfATurn));
  assert.equal(fanOut.isSpent, false);
  fanOut.perform(bus, publication("b", halfOfATurn));
  assert.equal(fanOut.isSpent, true);
  turns.end();
  assert.equal(fanOut.isSpent, false);
});

test("those who wait have their turn one after another, as far as each turn goes", () => {
  const { turns, bus, heard, fanOut } = createStage();
  for (const topic of ["a", "b", "c", "d", "e"]) {
    fanOut.later(() => fanOut.perform(bus, publication(topic, halfOfATurn)));
  }
  turns.end();
  assert.deepEqual(heard, ["a", "b"]);
  fanOut.later(() => fanOut.perform(bus, publication("f", halfOfATurn)));
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d"]);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d", "e", "f"]);
});

/** Connections that publish every message, each for half the budget of a turn. */
function createGatewayStage() {
  const stage = createStage();
  const { turns, bus, fanOut } = stage;
  const proposed: string[] = [];
  const gateway = createMessageGateway({
    replica: {
      propose: (commands) => void proposed.push(...commands.map(({ type }) => type)),
    } as Pick<Replica, "propose"> as Replica,
    bus,
    meter: createOperationMeter("test"),
    clock: clockWith(turns),
    fanOut,
    pendingMax: 10,
  });

  function connect() {
    const socket = { isPaused: false };
    const handler = gateway.join(
      {
        isOpen: () => true,
        send() {},
        close() {},
        pause() {
          socket.isPaused = true;
        },
        resume() {
          socket.isPaused = false;
        },
      },
      publisher,
    );
    return { socket, handler };
  }

  return { ...stage, proposed, connect };
}

const silence: Step = { commands: [], output: [] };

const publisher: MessageConnection = {
  receive: (data) => ({
    ...silence,
    topics: String(data)
      .split(" ")
      .map((topic) => publication(topic, halfOfATurn)),
  }),
  deliver: () => silence,
  refuse: () => silence,
  stop: () => silence,
  end: () => [{ type: "tick" }],
  pendingCount: () => 0,
};

function say(handler: MessageHandler, ...messages: readonly string[]): void {
  for (const message of messages) handler.message(Buffer.from(message), "text");
}

test("who publishes more than fits into a turn is not read until the next, and goes on in order", () => {
  const { turns, heard, connect } = createGatewayStage();
  const { socket, handler } = connect();
  say(handler, "a", "b", "c", "d", "e");
  assert.deepEqual(heard, ["a", "b"]);
  assert.equal(socket.isPaused, true);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d"]);
  assert.equal(socket.isPaused, true);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d", "e"]);
  assert.equal(socket.isPaused, false);
});

test("what one message publishes goes on over several turns, before the next message", () => {
  const { turns, heard, connect } = createGatewayStage();
  const { handler } = connect();
  say(handler, "a b c d e", "f");
  assert.deepEqual(heard, ["a", "b"]);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d"]);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d", "e", "f"]);
});

test("those who are held back go on in the order in which that happened", () => {
  const { turns, heard, connect } = createGatewayStage();
  const [one, other] = [connect().handler, connect().handler];
  say(one, "a b c");
  say(other, "d");
  say(one, "e");
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "e"]);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "e", "d"]);
});

test("what one request over HTTP publishes goes on over several turns, and is answered then", async () => {
  const { turns, bus, heard, fanOut } = createStage();
  const gateway = createHttpGateway({
    replica: {} as Replica,
    bus,
    meter: createOperationMeter("test"),
    clock: clockWith(turns),
    fanOut,
  });
  const response = { status: 200, headers: {}, body: "" };
  const topics = ["a", "b", "c"].map((topic) => publication(topic, halfOfATurn));
  const client = { whenGone() {}, whenSilent() {} };
  const answered = gateway.perform({ type: "answer", response, topics }, client);
  assert.deepEqual(heard, ["a", "b"]);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c"]);
  assert.equal(await answered, response);
});

test("a connection ends when what it said before is done", () => {
  const { turns, heard, proposed, connect } = createGatewayStage();
  const { handler } = connect();
  say(handler, "a", "b", "c", "d", "e");
  handler.closed();
  turns.end();
  assert.deepEqual(proposed, []);
  turns.end();
  assert.deepEqual(heard, ["a", "b", "c", "d", "e"]);
  assert.deepEqual(proposed, ["tick"]);
});
