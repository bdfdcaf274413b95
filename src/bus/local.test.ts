import assert from "node:assert/strict";
import { test } from "node:test";
import { createBusStage, type OpenBus, topic } from "../../testing/bus-stage.ts";
import { createFakeClock } from "../../testing/loopback.ts";
import { type FleetingLimits, fleetingLimitsDefault } from "../fleeting/apply.ts";
import { busSuite } from "./bus.suite.ts";
import { createLocalBus } from "./local.ts";

function open(limits: FleetingLimits): OpenBus {
  return { nodes: [createLocalBus({ limits, clock: createFakeClock() })], settle() {} };
}

busSuite("local", open);

test("a single node answers a publication at once, and never has one waiting", () => {
  const { attach } = createBusStage(open({ ...fleetingLimitsDefault, publicationsMax: 1 }));
  const [alice, bob] = [attach("alice"), attach("bob")];
  bob.subscribe(topic("a"));
  alice.publish("a", "1", "r1");
  assert.deepEqual(alice.heard, ["r1: delivered 1, failed 0"]);
  alice.publish("a", "2", "r2");
  assert.deepEqual(alice.heard.at(-1), "r2: delivered 1, failed 0");
});
