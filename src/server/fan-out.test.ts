import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "../../testing/turns.ts";
import { createLocalBus } from "../bus/local.ts";
import type { SessionId } from "../core/ids.ts";
import { fleetingLimitsDefault } from "../fleeting/apply.ts";
import type { TopicCommand } from "../fleeting/topics.ts";
import { createFanOut } from "./fan-out.ts";

/** An event that takes half the budget of a turn. */
const halfOfATurn = "x".repeat(4 * 1024 * 1024);

function publication(topic: string, payload: string): TopicCommand {
  return { type: "publish", event: { topic, payload } };
}

/** A bus with one session subscribed to everything. */
function createStage() {
  const turns = createTurns();
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock: turns });
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
