import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { createFleetingModel, type ModelEffect } from "../../testing/model/fleeting.ts";
import type { PipeId, RequestId, RunId, SessionId, TimeMs } from "../core/ids.ts";
import { apply, createState, type FleetingLimits, nextDeadline } from "./apply.ts";
import type { FleetingCommand } from "./command.ts";
import type { FleetingEffect } from "./effect.ts";
import type { PipeCommand } from "./pipes.ts";
import type { Filter } from "./topics.ts";

const limits: FleetingLimits = {
  subscriptionsPerSessionMax: 3,
  subscriptionsPerAddressMax: 4,
  topicsLengthPerSessionMax: 8,
  topicBytesMax: 4,
  publicationsMax: 4,
  publicationsPerSessionMax: 2,
  publishAnswerMs: 50,
  pipeMessagesMax: 4,
  pipesPerSessionMax: 2,
  pipesPerAddressMax: 3,
  pipeReadsPerSessionMax: 3,
  pipeBytesMax: 131 * 3,
  // Which pipes an event reaches first, and so which of them has no room, is left open.
  pipeBytesPerSessionMax: 131 * 100,
  pipeBytesPerAddressMax: 131 * 100,
  pipeBytesOfAllMax: 131 * 100,
  pipeReadBytesMax: 131 * 2,
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
  const { publications, nodes, subscriptions, pipes } = createState({ limits, run });
  subscriptions.refusedCount = state.subscriptions.refusedCount;
  publications.lastNumber = state.publications.lastNumber;
  nodes.lostCount = state.nodes.lostCount;
  pipes.lastRead = state.pipes.lastRead;
  pipes.droppedCount = state.pipes.droppedCount;
  pipes.subscriptions.refusedCount = state.pipes.subscriptions.refusedCount;
  const left = { publications, nodes, subscriptions, pipes };
  assert.deepEqual(state, { ...createState({ limits, run }), ...left });
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
    const effects = apply(state, at, command).map(plain);
    if (concernsManyPipes(command)) assert.deepEqual(sorted(effects), sorted(expected), when);
    else assert.deepEqual(effects, expected, when);
    assert.equal(nextDeadline(state), model.nextDeadline(), when);
    const { subscriptions, pipes } = state;
    const counts = [subscriptions.count, pipes.subscriptions.count];
    assert.deepEqual(counts, model.subscriptionCounts(), when);
    assert.equal(pipes.bytes, model.pipeBytes(), when);
    assert.equal(state.nodes.lostCount, model.lostCount(), when);
  }
}

/** Whether several pipes may have answers, whose order is left open. */
function concernsManyPipes({ type }: FleetingCommand): boolean {
  return ["publish", "announce", "relay", "tick"].includes(type);
}

function sorted(effects: readonly ModelEffect[]): readonly string[] {
  return effects.map((effect) => JSON.stringify(effect)).sort();
}

function plain(effect: FleetingEffect): ModelEffect {
  switch (effect.type) {
    case "event": {
      const { sessions, pipeCount, event, counted } = effect;
      const ids = [...sessions].map(({ id }) => id);
      return { type: "event", sessions: ids.sort(), pipeCount, topic: event.topic, counted };
    }
    case "refused":
      return { type: "refused", session: effect.session.id, filter: effect.filter };
    case "published":
      return { ...effect, session: effect.session.id };
    case "publication_refused": {
      const { type, session, request } = effect;
      return { type, session: session.id, request };
    }
    case "pipe_answer": {
      const { type, session, request, outcome } = effect;
      const told = outcome.type === "rejected" ? outcome.code : outcome;
      const isDone = outcome.type === "pipe_done";
      return {
        type,
        session: session.id,
        request,
        outcome: isDone ? "pipe_done" : told,
      } as ModelEffect;
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
  switch (random.below(20)) {
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 19:
      return randomPipeCommand(random);
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
      return randomPublish(random);
    case 7:
      return random.chance(0.5) ? randomPublish(random) : randomAnnounce(random);
    case 8:
      return { type: "tick" };
    default:
      return randomNodeCommand(random);
  }
}

function randomPipeCommand(random: Random): PipeCommand {
  const pipe = random.pick(["p1", "p2", "p3", "p4"]) as PipeId;
  const request = `${random.below(2 ** 16)}` as RequestId;
  const to = { session: random.pick(sessions), request, pipe };
  switch (random.below(12)) {
    case 0:
    case 1:
      return { type: "open_pipe", ...to, capacity: random.pick([1, 2, 9]) };
    case 2:
      return { type: "close_pipe", ...to };
    case 3:
    case 4:
    case 5: {
      const messages = Array.from({ length: random.below(4) }, () => randomName(random));
      return { type: "write_pipe", ...to, messages };
    }
    case 6:
    case 7:
    case 8: {
      const waitMs = random.pick([undefined, 0, 5, 30]);
      return { type: "read_pipe", ...to, max: random.pick([1, 2, 9]), ...(waitMs && { waitMs }) };
    }
    case 9:
    case 10:
      return { type: "subscribe_pipe", ...to, filter: randomFilter(random) };
    default:
      return { type: "unsubscribe_pipe", ...to, filter: randomFilter(random) };
  }
}

function randomPublish(random: Random): FleetingCommand {
  const event = { topic: randomName(random) };
  const except = random.chance(0.3) ? { except: random.pick(sessions) } : {};
  if (random.chance(0.3)) return { type: "publish", event, ...except };
  const request = `${random.below(2 ** 16)}` as RequestId;
  return { type: "publish", event, ...except, session: random.pick(sessions), request };
}

function randomAnnounce(random: Random): FleetingCommand {
  const filters = Array.from({ length: random.below(4) }, () => randomFilter(random));
  return { type: "announce", event: { topic: randomName(random) }, filters };
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
  const name = randomName(random);
  return random.pick<Filter>([
    { type: "topic", topic: name },
    { type: "prefix", prefix: name },
    { type: "subtree", root: name },
  ]);
}

/** Short, over few letters, so that they begin alike; some are too long. */
function randomName(random: Random): string {
  return Array.from({ length: random.below(6) }, () => random.pick(["a", "b", "é", "."])).join("");
}

function timeAt(ms: number): TimeMs {
  return ms as TimeMs;
}

test("pipes have so many bytes in one, of one session, of one address, and in all", () => {
  const bytes = 130;
  const few: FleetingLimits = {
    ...limits,
    pipesPerAddressMax: 9,
    pipeBytesMax: 2 * bytes,
    pipeBytesPerSessionMax: 3 * bytes,
    pipeBytesPerAddressMax: 4 * bytes,
    pipeBytesOfAllMax: 5 * bytes,
  };
  const state = createState({ limits: few, run });
  const perform = (command: FleetingCommand) => apply(state, timeAt(0), command);
  const [alice, bob, carol] = sessions;
  const owners = { p1: alice, p2: alice, p3: bob, p4: carol };
  perform({ type: "join", session: alice, network: "10.0.0.1" });
  perform({ type: "join", session: bob, network: "10.0.0.1" });
  perform({ type: "join", session: carol, network: "10.0.0.2" });
  const pipes = Object.entries(owners).map(([pipe, session]) => {
    return { session, pipe: pipe as PipeId, request: "1" as RequestId };
  });
  for (const pipe of pipes) perform({ type: "open_pipe", ...pipe, capacity: 4 });
  for (const pipe of pipes) {
    perform({ type: "write_pipe", ...pipe, messages: ["aa", "bb", "cc"] });
  }
  const read = pipes.map((pipe) => {
    const [effect] = perform({ type: "read_pipe", ...pipe, max: 9 });
    assert.ok(effect?.type === "pipe_answer" && effect.outcome.type === "pipe_read");
    const { messages, drops } = effect.outcome;
    return [messages.map(({ number }) => number), drops];
  });
  assert.deepEqual(read, [
    [[1, 2], 1],
    [[1], 2],
    [[1], 2],
    [[1], 2],
  ]);
  assert.equal(state.pipes.bytes, 0);
  assert.equal(state.pipes.droppedCount, 7);
  for (const { session } of pipes) perform({ type: "leave", session });
  assert.equal(state.pipes.ofNetwork.size, 0);
});

test("a read gets messages up to a number of bytes, and one however large it is", () => {
  const state = createState({
    limits: { ...limits, pipeBytesMax: 10_000, pipeReadBytesMax: 400 },
    run,
  });
  const perform = (command: FleetingCommand) => apply(state, timeAt(0), command);
  const [alice] = sessions;
  const pipe = { session: alice, pipe: "p1" as PipeId, request: "1" as RequestId };
  perform({ type: "join", session: alice });
  perform({ type: "open_pipe", ...pipe, capacity: 4 });
  const large = "x".repeat(1000);
  perform({ type: "write_pipe", ...pipe, messages: [large, "aa", "bb", large] });
  const read = () => {
    const [effect] = perform({ type: "read_pipe", ...pipe, max: 9 });
    assert.ok(effect?.type === "pipe_answer" && effect.outcome.type === "pipe_read");
    return [effect.outcome.messages.map(({ number }) => number), effect.outcome.waiting];
  };
  assert.deepEqual(
    [read(), read(), read()],
    [
      [[1], 3],
      [[2, 3], 1],
      [[4], 0],
    ],
  );
});
