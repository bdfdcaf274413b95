import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { createFleetingModel, type ModelEffect } from "../../testing/model/fleeting.ts";
import type { RequestId, RunId, SessionId, TimeMs } from "../core/ids.ts";
import { apply, createState, type FleetingLimits, nextDeadline } from "./apply.ts";
import type { FleetingCommand } from "./command.ts";
import type { FleetingEffect } from "./effect.ts";
import type { Filter } from "./topics.ts";

const limits: FleetingLimits = {
  subscriptionsPerSessionMax: 3,
  subscriptionsPerAddressMax: 4,
  topicsLengthPerSessionMax: 8,
  topicBytesMax: 4,
  publicationsMax: 4,
  publicationsPerSessionMax: 2,
  publishAnswerMs: 50,
};
const run = "n1" as RunId;
const historyCount = 2_000;
const historyLength = 80;

test("the fleeting plane does what its naive model does, in random histories", () => {
  const first = Number(process.env.SEED ?? randomInt(2 ** 31));
  for (let seed = first; seed < first + historyCount; seed++) play(seed);
});

test("the state is as it was in the beginning when all have left and all deadlines are over", () => {
  const random = createRandom(7);
  const state = createState({ limits, run });
  for (let step = 0; step < 1_000; step++) apply(state, timeAt(step), randomCommand(random));
  for (const session of sessions) apply(state, timeAt(1_000), { type: "leave", session });
  for (const other of others) apply(state, timeAt(1_000), { type: "remove_node", run: other });
  apply(state, timeAt(2_000), { type: "tick" });
  const { publications, nodes, subscriptions } = createState({ limits, run });
  subscriptions.refusedCount = state.subscriptions.refusedCount;
  publications.lastNumber = state.publications.lastNumber;
  nodes.lostCount = state.nodes.lostCount;
  assert.deepEqual(state, { ...createState({ limits, run }), publications, nodes, subscriptions });
});

test("joined sessions have places of their own, small ones, and a session that left has none", () => {
  const state = createState({ limits, run });
  const { joined } = state.sessions;
  const join = (session: SessionId) => apply(state, timeAt(0), { type: "join", session });
  for (const session of sessions) join(session);
  const [alice, bob] = sessions.map((id) => joined.get(id));
  assert.deepEqual([...joined.values()].map(({ place }) => place).sort(), [1, 2, 3]);
  const left = bob?.place;
  apply(state, timeAt(0), { type: "leave", session: "bob" as SessionId });
  join("alice" as SessionId);
  join("dora" as SessionId);
  assert.equal(bob?.place, 0);
  assert.equal(joined.get("dora" as SessionId)?.place, left);
  assert.equal(joined.get("alice" as SessionId), alice);
});

function play(seed: number): void {
  const random = createRandom(seed);
  const state = createState({ limits, run });
  const model = createFleetingModel(limits, run);
  let at = timeAt(0);
  for (let step = 0; step < historyLength; step++) {
    const command = step < sessions.length ? joinOf(step) : randomCommand(random);
    at = timeAt(at + random.below(10));
    const expected = model.apply(at, command);
    const when = `SEED=${seed}, step ${step}: ${JSON.stringify(command)}`;
    assert.deepEqual(apply(state, at, command).map(plain), expected, when);
    assert.equal(nextDeadline(state), model.nextDeadline(), when);
    assert.equal(state.subscriptions.count, model.subscriptionCount(), when);
    assert.equal(state.nodes.lostCount, model.lostCount(), when);
  }
}

function plain(effect: FleetingEffect): ModelEffect {
  switch (effect.type) {
    case "event": {
      const { sessions, event, counted } = effect;
      const ids = [...sessions].map(({ id }) => id);
      return { type: "event", sessions: ids.sort(), topic: event.topic, counted };
    }
    case "refused":
      return { type: "refused", session: effect.session.id, filter: effect.filter };
    case "published":
      return { ...effect, session: effect.session.id };
    case "publication_refused": {
      const { type, session, request } = effect;
      return { type, session: session.id, request };
    }
    case "forward":
      return effect;
  }
}

const sessions = ["alice", "bob", "carol"] as [SessionId, SessionId, SessionId];
const others = ["n2", "n3"] as [RunId, RunId];

function joinOf(place: number): FleetingCommand {
  return { type: "join", session: sessions[place] ?? sessions[0], network: "192.0.2.1" };
}

function randomJoin(random: Random, session: SessionId): FleetingCommand {
  return { type: "join", session, network: random.pick([undefined, "192.0.2.1", "192.0.2.2"]) };
}

function randomCommand(random: Random): FleetingCommand {
  const session = random.pick(sessions);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return { type: "subscribe", session, filter: randomFilter(random) };
    case 3:
      return { type: "unsubscribe", session, filter: randomFilter(random) };
    case 4:
      return random.chance(0.3) ? { type: "leave", session } : randomJoin(random, session);
    case 5:
    case 6:
    case 7:
      return randomPublish(random);
    case 8:
      return { type: "tick" };
    default:
      return randomNodeCommand(random);
  }
}

function randomPublish(random: Random): FleetingCommand {
  const event = { topic: randomName(random) };
  const except = random.chance(0.3) ? { except: random.pick(sessions) } : {};
  if (random.chance(0.3)) return { type: "publish", event, ...except };
  const request = `${random.below(2 ** 16)}` as RequestId;
  return { type: "publish", event, ...except, session: random.pick(sessions), request };
}

/** With low numbers, so that many come again, too late, or after others that were lost. */
function randomNodeCommand(random: Random): FleetingCommand {
  const other = random.pick(others);
  const number = 1 + random.below(30);
  switch (random.below(10)) {
    case 0:
      return { type: "remove_node", run: other };
    case 1:
    case 2:
      return { type: "add_node", run: other, lastNumber: random.below(10) };
    case 3:
    case 4:
    case 5: {
      const publication = { run: other, number };
      const event = { topic: randomName(random) };
      const except = random.chance(0.2) ? random.pick(sessions) : undefined;
      return { type: "relay", publication, event, except, isCounted: random.chance(0.5) };
    }
    default: {
      const publication = { run: random.chance(0.9) ? run : other, number };
      const reporter = random.pick([run, ...others]);
      const [delivered, failed] = [random.below(3), random.below(3)];
      return { type: "count", publication, run: reporter, delivered, failed };
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

function timeAt(ms: number): TimeMs {
  return ms as TimeMs;
}
