import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { createTopicsModel } from "../../testing/model/topics.ts";
import type { SessionId } from "../core/ids.ts";
import {
  applyTopic,
  createTopics,
  type Filter,
  type TopicCommand,
  type TopicLimits,
  type Topics,
} from "./topics.ts";

const limits: TopicLimits = { subscriptionsPerSessionMax: 3, topicBytesMax: 4 };
const historyCount = 2_000;
const historyLength = 60;

test("topics do what their naive model does, whatever is wanted and said", () => {
  const first = Number(process.env.SEED ?? randomInt(2 ** 31));
  for (let seed = first; seed < first + historyCount; seed++) play(seed);
});

test("topics are as they were before when everybody has left", () => {
  const random = createRandom(7);
  const topics = createTopics(limits);
  for (let step = 0; step < 1_000; step++) applyTopic(topics, command(random));
  for (const session of sessions) applyTopic(topics, { type: "leave", session });
  assert.deepEqual(topics, createTopics(limits));
});

function play(seed: number): void {
  const random = createRandom(seed);
  const topics = createTopics(limits);
  const model = createTopicsModel(limits);
  for (let step = 0; step < historyLength; step++) {
    const asked = command(random);
    const expected = model.apply(asked);
    const when = `SEED=${seed}, step ${step}: ${JSON.stringify(asked)}`;
    assert.deepEqual(told(topics, asked), sorted(expected), when);
    assert.equal(topics.subscriptionCount, model.count(), when);
  }
}

function told(topics: Topics, asked: TopicCommand): unknown {
  const effect = applyTopic(topics, asked);
  if (effect?.type === "refused") return "refused";
  return sorted(effect === undefined ? [] : [...effect.sessions]);
}

function sorted(hearers: readonly SessionId[] | "refused"): unknown {
  return hearers === "refused" ? hearers : [...hearers].sort();
}

const sessions = ["alice", "bob", "carol"] as [SessionId, SessionId, SessionId];

function command(random: Random): TopicCommand {
  const session = random.pick(sessions);
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return { type: "subscribe", session, filter: filter(random) };
    case 3:
      return { type: "unsubscribe", session, filter: filter(random) };
    case 4:
      return random.chance(0.3)
        ? { type: "leave", session }
        : { type: "unsubscribe", session, filter: filter(random) };
    default: {
      const event = { topic: name(random) };
      return random.chance(0.5)
        ? { type: "publish", event }
        : { type: "publish", event, except: session };
    }
  }
}

function filter(random: Random): Filter {
  return random.chance(0.5)
    ? { type: "topic", topic: name(random) }
    : { type: "prefix", prefix: name(random) };
}

/** Short, over few letters, so that they begin alike; some are too long. */
function name(random: Random): string {
  return Array.from({ length: random.below(6) }, () => random.pick(["a", "b", "é"])).join("");
}
