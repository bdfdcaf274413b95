import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, opening } from "../../../testing/http2-frames.ts";
import {
  connectRaw,
  createFakeClock,
  type RawClient,
  startListener,
  type TestListener,
  until,
} from "../../../testing/loopback.ts";
import { apartMs, createProbation, probationMs, waitMsMax } from "./http2-probation.ts";

const misuser = "192.0.2.1";

/** Connections are named by number, in the order in which they ask. */
function createArrivals() {
  const clock = createFakeClock();
  const probation = createProbation(clock);
  const begun: number[] = [];
  let asked = 0;
  return {
    clock,
    probation,
    begun,
    arrive(network: string | undefined) {
      asked += 1;
      const number = asked;
      return probation.admit(network, () => begun.push(number));
    },
  };
}

test("without misuse every connection begins at once", () => {
  const { arrive, begun } = createArrivals();
  for (let count = 0; count < 100; count += 1) assert.ok(arrive(misuser));
  assert.equal(begun.length, 100);
});

test("after misuse the connections of the address begin apart, in their order", () => {
  const { arrive, begun, clock, probation } = createArrivals();
  probation.extend(misuser);
  for (let count = 0; count < 3; count += 1) assert.ok(arrive(misuser));
  assert.deepEqual(begun, []);
  clock.advance(apartMs);
  assert.deepEqual(begun, [1]);
  probation.extend(misuser);
  clock.advance(apartMs - 1);
  assert.deepEqual(begun, [1]);
  clock.advance(1);
  assert.deepEqual(begun, [1, 2]);
  clock.advance(apartMs);
  assert.deepEqual(begun, [1, 2, 3]);
});

test("other addresses, and proxies that speak for themselves, do not wait", () => {
  const { arrive, begun, probation } = createArrivals();
  probation.extend(misuser);
  probation.extend(undefined);
  arrive("192.0.2.2");
  arrive(undefined);
  assert.deepEqual(begun, [1, 2]);
});

test("who would wait too long is turned away, and takes nobody's place", () => {
  const { arrive, begun, clock, probation } = createArrivals();
  probation.extend(misuser);
  const places = waitMsMax / apartMs;
  for (let count = 0; count < places; count += 1) assert.ok(arrive(misuser));
  for (let count = 0; count < 1_000; count += 1) assert.ok(!arrive(misuser));
  clock.advance(apartMs);
  assert.ok(arrive(misuser));
  clock.advance(waitMsMax);
  assert.equal(begun.length, places + 1);
});

test("probation ends some time after the last misuse", () => {
  const { arrive, begun, clock, probation } = createArrivals();
  probation.extend(misuser);
  clock.advance(probationMs - 1);
  probation.extend(misuser);
  clock.advance(probationMs - 1);
  arrive(misuser);
  arrive(misuser);
  assert.deepEqual(begun, [1]);
  clock.advance(1);
  arrive(misuser);
  assert.deepEqual(begun, [1, 3]);
});

async function misuse(test: TestListener): Promise<void> {
  const client = await connectRaw(test.listener.port);
  const settings = frame("settings", {});
  client.send(Buffer.concat([opening, ...Array.from({ length: 200 }, () => settings)]));
  await client.closed();
}

async function comeBack(test: TestListener): Promise<RawClient> {
  const { acceptedTotal: before } = test.listener.status();
  const client = await connectRaw(test.listener.port);
  client.send(opening);
  await until(() => test.listener.status().acceptedTotal === before + 1);
  return client;
}

test("a client that comes back after misuse waits, and is served then", async () => {
  await using test = await startListener({});
  await misuse(test);
  const client = await comeBack(test);
  test.clock.advance(apartMs);
  client.send(frame("ping", {}, Buffer.from("are here")));
  await client.until((received) => received.includes("are here"));
  client.socket.destroy();
});

test("a stop does not wait for clients on probation", async () => {
  await using test = await startListener({});
  await misuse(test);
  const client = await comeBack(test);
  const stopped = test.listener.close();
  await client.closed();
  await stopped;
});
