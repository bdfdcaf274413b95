import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { createFleetingModel, type ModelEffect } from "../../testing/model/fleeting.ts";
import type { SessionId } from "../core/ids.ts";
import { apply, createState, type FleetingLimits } from "./apply.ts";
import type { FleetingCommand } from "./command.ts";
import type { FleetingEffect } from "./effect.ts";
import type { Filter } from "./topics.ts";

const limits: FleetingLimits = { subscriptionsPerSessionMax: 3, topicBytesMax: 4 };
const historyCount = 2_000;
const historyLength = 60;

test("the fleeting plane does what its naive model does, in random histories", () => {
  const first = Number(process.env.SEED ?? randomInt(2 ** 31));
  for (let seed = first; seed < first + historyCount; seed++) play(seed);
});

test("the state is as it was in the beginning when every session has left", () => {
  const random = createRandom(7);
  const state = createState(limits);
  for (let step = 0; step < 1_000; step++) apply(state, randomCommand(random));
  for (const session of sessions) apply(state, { type: "leave", session });
  assert.deepEqual(state, createState(limits));
});

test("joined sessions have places of their own, small ones, and a session that left has none", () => {
  const state = createState(limits);
  const { joined } = state.sessions;
  for (const session of sessions) apply(state, { type: "join", session });
  const [alice, bob] = sessions.map((id) => joined.get(id));
  assert.deepEqual([...joined.values()].map(({ place }) => place).sort(), [1, 2, 3]);
  const left = bob?.place;
  apply(state, { type: "leave", session: "bob" as SessionId });
  apply(state, { type: "join", session: "alice" as SessionId });
  apply(state, { type: "join", session: "dora" as SessionId });
  assert.equal(bob?.place, 0);
  assert.equal(joined.get("dora" as SessionId)?.place, left);
  assert.equal(joined.get("alice" as SessionId), alice);
});

function play(seed: number): void {
  const random = createRandom(seed);
  const state = createState(limits);
  const model = createFleetingModel(limits);
  for (let step = 0; step < historyLength; step++) {
    const command = randomCommand(random);
    const expected = model.apply(command);
    const when = `SEED=${seed}, step ${step}: ${JSON.stringify(command)}`;
    assert.deepEqual(apply(state, command).map(plain), expected, when);
    assert.equal(state.subscriptions.count, model.subscriptionCount(), when);
  }
}

function plain(effect: FleetingEffect): ModelEffect {
  switch (effect.type) {
    case "event": {
      const ids = [...effect.sessions].map(({ id }) => id);
      return { type: "event", sessions: ids.sort(), topic: effect.event.topic };
    }
    case "refused":
      return { type: "refused", session: effect.session.id, filter: effect.filter };
  }
}

const sessions = ["alice", "bob", "carol"] as [SessionId, SessionId, SessionId];

function randomCommand(random: Random): FleetingCommand {
  const session = random.pick(sessions);
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return { type: "subscribe", session, filter: randomFilter(random) };
    case 3:
      return { type: "unsubscribe", session, filter: randomFilter(random) };
    case 4:
      return { type: random.chance(0.3) ? "leave" : "join", session };
    default: {
      const event = { topic: randomName(random) };
      return random.chance(0.5)
        ? { type: "publish", event }
        : { type: "publish", event, except: session };
    }
  }
}

function randomFilter(random: Random): Filter {
  return random.chance(0.5)
    ? { type: "topic", topic: randomName(random) }
    : { type: "prefix", prefix: randomName(random) };
}

/** Short, over few letters, so that they begin alike; some are too long. */
function randomName(random: Random): string {
  return Array.from({ length: random.below(6) }, () => random.pick(["a", "b", "é"])).join("");
}
