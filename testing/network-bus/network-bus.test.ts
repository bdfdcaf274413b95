import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { busSuite } from "../../src/bus/bus.suite.ts";
import { type FleetingLimits, fleetingLimitsDefault } from "../../src/fleeting/apply.ts";
import { createBusStage, prefix, topic } from "../bus-stage.ts";
import { createRandom } from "../history/random.ts";
import { createNetworkBus } from "./network-bus.ts";
import { playCleanly, playWithFaults, playWithLosses } from "./random-run.ts";

const { publishAnswerMs } = fleetingLimitsDefault;

for (const nodeCount of [2, 3]) {
  busSuite(`network of ${nodeCount} nodes`, (limits) =>
    createNetworkBus({ nodeCount, limits, random: createRandom(nodeCount) }),
  );
}

/** Three nodes: a publisher on the first, and a subscriber of `a` on each. */
function openStage(wishes: Partial<FleetingLimits> = {}) {
  const limits = { ...fleetingLimitsDefault, ...wishes };
  const opened = createNetworkBus({ nodeCount: 3, limits, random: createRandom(1) });
  const { attach, counts } = createBusStage(opened);
  const publisher = attach("publisher", { on: 0 });
  const subscribers = [0, 1, 2].map((on) => attach(`subscriber ${on}`, { on }));
  for (const subscriber of subscribers) subscriber.subscribe(topic("a"));
  return { ...opened, attach, counts, publisher, heard: subscribers.map(({ heard }) => heard) };
}

test("a publication is answered when the last node has reported, not before", () => {
  const { publisher, heard, clock, network } = openStage();
  network.faults.latencyMsMax = 100;
  publisher.publish("a", "1", "r1");
  assert.deepEqual(heard, [["a=1"], [], []]);
  clock.advance(100);
  assert.deepEqual(heard, [["a=1"], ["a=1"], ["a=1"]]);
  clock.advance(100);
  assert.deepEqual(publisher.heard, ["r1: delivered 3, failed 0"]);
});

test("a node that does not report before the deadline has failed, and its report is too late", () => {
  const { publisher, clock, network, runAt } = openStage();
  network.disconnect(runAt(2));
  publisher.publish("a", "1", "r1");
  clock.advance(publishAnswerMs - 1);
  assert.deepEqual(publisher.heard, []);
  clock.advance(1);
  assert.deepEqual(publisher.heard, ["r1: delivered 2, failed 1"]);
  network.reconnect(runAt(2));
  network.faults.latencyMsMax = 10 * publishAnswerMs;
  publisher.publish("a", "2", "r2");
  clock.advance(30 * publishAnswerMs);
  assert.equal(publisher.heard.length, 2);
});

test("a lost event is delivered nowhere else, counted with the next one, and fails for its publisher", () => {
  const { publisher, heard, network, settle, counts } = openStage();
  network.faults.lossChance = 1;
  publisher.publish("a", "1", "r1");
  network.faults.lossChance = 0;
  settle();
  assert.equal(counts().lostTotal, 0);
  publisher.publish("a", "2", "r2");
  settle();
  assert.deepEqual(heard, [["a=1", "a=2"], ["a=2"], ["a=2"]]);
  assert.deepEqual(publisher.heard, ["r1: delivered 1, failed 2", "r2: delivered 3, failed 0"]);
  assert.equal(counts().lostTotal, 2);
});

test("an event that arrives twice is delivered and counted once", () => {
  const { publisher, heard, network, settle, counts } = openStage();
  network.faults.repeatChance = 1;
  for (const request of ["1", "2", "3"]) publisher.publish("a", request, request);
  settle();
  for (const each of heard) assert.deepEqual(each, ["a=1", "a=2", "a=3"]);
  const answers = ["1", "2", "3"].map((request) => `${request}: delivered 3, failed 0`);
  assert.deepEqual([...publisher.heard].sort(), answers);
  assert.equal(counts().lostTotal, 0);
});

test("the end of a node's run answers the publications that wait for it", () => {
  const { publisher, clock, crash, restart } = openStage();
  crash(1);
  publisher.publish("a", "1", "r1");
  clock.advance(100);
  assert.deepEqual(publisher.heard, []);
  restart(1);
  assert.deepEqual(publisher.heard, ["r1: delivered 2, failed 1"]);
});

test("the next run of a node publishes and receives, and nothing of it is lost", () => {
  const { publisher, heard, attach, crash, restart, settle, counts } = openStage();
  for (const count of [1, 2, 3]) publisher.publish("a", `${count}`);
  settle();
  crash(1);
  restart(1);
  const [again, other] = [attach("again", { on: 1 }), attach("other", { on: 1 })];
  again.subscribe(prefix(""));
  other.publish("a", "4", "r4");
  publisher.publish("a", "5", "r5");
  settle();
  assert.deepEqual(again.heard.toSorted(), ["a=4", "a=5"]);
  assert.deepEqual(heard[2]?.toSorted(), ["a=1", "a=2", "a=3", "a=4", "a=5"]);
  assert.deepEqual(other.heard, ["r4: delivered 3, failed 0"]);
  assert.deepEqual(publisher.heard, ["r5: delivered 3, failed 0"]);
  assert.equal(counts().lostTotal, 0);
});

test("publications that wait are limited for each session and for the node, and their end makes room", () => {
  const { publisher, attach, settle } = openStage({
    publicationsPerSessionMax: 2,
    publicationsMax: 3,
  });
  const other = attach("other", { on: 0 });
  for (const request of ["1", "2", "3"]) publisher.publish("a", request, request);
  assert.deepEqual(publisher.heard, ["3: limit_exceeded"]);
  for (const request of ["4", "5"]) other.publish("a", request, request);
  assert.deepEqual(other.heard, ["5: limit_exceeded"]);
  settle();
  assert.equal(publisher.heard.length, 3);
  for (const request of ["6", "7"]) publisher.publish("a", request, request);
  settle();
  assert.equal(publisher.heard.at(-1)?.endsWith("delivered 3, failed 0"), true);
});

test("a session that is attached again does not receive the answers of its former connection", () => {
  const { publisher, attach, busAt, settle } = openStage();
  publisher.publish("a", "1", "r1");
  busAt(0).detach(publisher.session);
  const again = attach("publisher", { on: 0 });
  again.publish("a", "2", "r2");
  settle();
  assert.deepEqual(publisher.heard, []);
  assert.deepEqual(again.heard, ["r2: delivered 3, failed 0"]);
});

const first = Number(process.env.SEED ?? randomInt(2 ** 31));

test("whatever the network does, events come at most once and in order, and answers are true", () => {
  for (let seed = first; seed < first + 100; seed++) playWithFaults(seed);
});

test("every event that is lost on the way is counted", () => {
  for (let seed = first; seed < first + 50; seed++) playWithLosses(seed);
});

test("without faults every subscriber receives every event, and every answer says so", () => {
  for (let seed = first; seed < first + 50; seed++) playCleanly(seed);
});
