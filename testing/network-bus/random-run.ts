/** Random runs of a bus of three nodes, and what must be true of each. */
import assert from "node:assert/strict";
import type { BusCounts } from "../../src/bus/bus.ts";
import { fleetingLimitsDefault } from "../../src/fleeting/apply.ts";
import { createBusStage, type Peer, prefix, topic } from "../bus-stage.ts";
import { createRandom, type Random } from "../history/random.ts";
import { createNetworkBus, type NetworkBus } from "./network-bus.ts";

const nodeCount = 3;
const stepCount = 150;
const sound = { isAlive: true, hasMissed: false };
const topics = ["a", "ab", "b"] as [string, string, string];

/** A session, which publishes events with its name and a number that grows. */
interface Actor {
  readonly peer: Peer;
  readonly name: string;
  readonly place: number;
  publishedCount: number;
  /** The events that it asked to be answered, by request. */
  readonly asked: Map<string, string>;
  /** Its node has not crashed. */
  isAlive: boolean;
  /** Its connection could not take something. */
  hasMissed: boolean;
}

interface Run extends NetworkBus {
  readonly actors: Actor[];
  readonly random: Random;
  attach(place: number): void;
  counts(): BusCounts;
}

/** Messages are lost, repeated and late; nodes are cut off, crash and start again. */
export function playWithFaults(seed: number): void {
  const run = begin(seed);
  for (let step = 0; step < stepCount; step++) {
    act(run);
    disturb(run);
  }
  calm(run);
  checkOrder(run, seed);
  checkAnswers(run, seed);
}

/** Messages are lost and repeated, and that is all: every lost event is counted. */
export function playWithLosses(seed: number): void {
  const run = begin(seed);
  const { network, actors, settle } = run;
  Object.assign(network.faults, { lossChance: 0.2, repeatChance: 0.2 });
  for (let step = 0; step < stepCount; step++) act(run);
  network.faults.lossChance = 0;
  // A loss shows when a later event arrives.
  for (const actor of actors) publish(actor, "a", false);
  settle();
  const lost = network.lost.filter(({ type }) => type === "relay");
  assert.equal(run.counts().lostTotal, lost.length, `SEED=${seed}`);
  checkOrder(run, seed);
}

/** Nobody leaves, and nothing is lost: all numbers are exact. */
export function playCleanly(seed: number): void {
  const run = begin(seed);
  for (let step = 0; step < stepCount; step++) act(run);
  run.settle();
  checkOrder(run, seed);
  checkAnswers(run, seed);
  for (const { peer } of run.actors) {
    const failed = peer.heard.filter((words) => /failed [^0]/.test(words));
    assert.deepEqual(failed, [], `SEED=${seed}`);
  }
  assert.deepEqual(run.network.lost, [], `SEED=${seed}`);
}

function begin(seed: number): Run {
  const random = createRandom(seed);
  const opened = createNetworkBus({ nodeCount, limits: fleetingLimitsDefault, random });
  const stage = createBusStage(opened);
  const actors: Actor[] = [];
  const run: Run = {
    ...opened,
    actors,
    random,
    counts: stage.counts,
    attach(place) {
      const name = `actor${actors.length}`;
      const peer = stage.attach(name, { on: place });
      actors.push({ peer, name, place, publishedCount: 0, asked: new Map(), ...sound });
    },
  };
  for (let count = 0; count < 2 * nodeCount; count++) run.attach(count % nodeCount);
  return run;
}

/** One of the sessions does something, or time passes. */
function act({ actors, random, clock }: Run): void {
  const alive = actors.filter(({ isAlive }) => isAlive);
  const actor = alive[random.below(alive.length)];
  if (actor === undefined || random.chance(0.2)) {
    clock.advance(random.below(50));
    return;
  }
  const name = random.pick(topics);
  const filter = random.chance(0.5) ? topic(name) : prefix(name);
  const choice = random.below(10);
  if (choice < 3) actor.peer.subscribe(filter);
  else if (choice === 3) actor.peer.unsubscribe(filter);
  else publish(actor, name, random.chance(0.6));
}

function publish(actor: Actor, name: string, isAsked: boolean): void {
  actor.publishedCount += 1;
  const payload = `${actor.name} ${actor.publishedCount}`;
  const request = `request${actor.publishedCount}`;
  if (isAsked) actor.asked.set(request, `${name}=${payload}`);
  actor.peer.publish(name, payload, isAsked ? request : undefined);
}

function disturb(run: Run): void {
  const { network, random, runAt } = run;
  const place = random.below(nodeCount);
  switch (random.below(40)) {
    case 0:
      network.faults.lossChance = random.pick([0, 0.1, 0.5]);
      break;
    case 1:
      network.faults.repeatChance = random.pick([0, 0.3]);
      break;
    case 2:
      network.faults.latencyMsMax = random.pick([1, 50, 5_000]);
      break;
    case 3:
      network.disconnect(runAt(place));
      break;
    case 4:
    case 5:
      network.reconnect(runAt(place));
      break;
    case 6:
      startAgain(run, place);
      break;
    case 7:
      for (const actor of run.actors) open(actor, random.chance(0.9));
      break;
  }
}

function open(actor: Actor, isOpen: boolean): void {
  actor.peer.isOpen = isOpen;
  if (!isOpen) actor.hasMissed = true;
}

function startAgain({ actors, clock, random, crash, restart, attach }: Run, place: number): void {
  crash(place);
  for (const actor of actors) if (actor.place === place) actor.isAlive = false;
  clock.advance(random.below(200));
  restart(place);
  attach(place);
}

/** The faults end, and everything that is still on its way arrives. */
function calm({ network, settle, runAt }: Run): void {
  for (let place = 0; place < nodeCount; place++) network.reconnect(runAt(place));
  settle();
}

/** No subscriber receives an event of a publisher twice, or after a later one. */
function checkOrder({ actors }: Run, seed: number): void {
  for (const { peer, name } of actors) {
    for (const publisher of actors) {
      const numbers = eventsOf(peer, publisher.name);
      const isRising = numbers.every((number, place) => number > (numbers[place - 1] ?? 0));
      assert.ok(isRising, `SEED=${seed}: ${name} received ${numbers} of ${publisher.name}`);
    }
  }
}

function eventsOf({ heard }: Peer, publisher: string): readonly number[] {
  return heard
    .map((words) => words.split(/[= ]/))
    .filter(([, name]) => name === publisher)
    .map(([, , number]) => Number(number));
}

/** Each publication has one answer, which is exact unless something has failed. */
function checkAnswers({ actors }: Run, seed: number): void {
  for (const { peer, name, asked, isAlive, hasMissed } of actors) {
    for (const [request, event] of asked) {
      const when = `SEED=${seed}: ${name} ${request}`;
      const answers = peer.heard.filter((words) => words.startsWith(`${request}:`));
      assert.ok(answers.length <= 1, `${when}: ${answers}`);
      const [answer] = answers;
      if (answer === undefined) {
        assert.ok(!isAlive || hasMissed, `${when} has no answer`);
        continue;
      }
      const [delivered = 0, failed = 0] = (answer.match(/\d+(?=,|$)/g) ?? []).map(Number);
      const received = actors.filter(({ peer: { heard } }) => heard.includes(event)).length;
      assert.ok(delivered <= received, `${when}: ${answer}, received by ${received}`);
      assert.ok(
        failed > 0 || delivered === received,
        `${when}: ${answer}, received by ${received}`,
      );
    }
  }
}
