/**
 * The good client as a process of its own: `good-client-main.ts PORT OPERATIONS-PORT CREDENTIALS`. It takes locks
 * that it holds to the end, says which, and then works until it is killed: `begin` on its channel begins a span of
 * time, `report` is answered with the measurement of that span, and after `rest` it asks little.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { lock, release } from "../../test/conformance/locktopus/connection.cases.ts";
import { connectLocktopus } from "../locktopus-peer.ts";
import { connectSoftvisio } from "../softvisio-peer.ts";
import { beginSpan, createDiary, measurementOf, noteFailure, timed, watched } from "./diary.ts";
import { type Credentials, takeHoldings } from "./holdings.ts";
import { leaseAfterLease } from "./lease-watch.ts";
import { getPage, openRest } from "./rest.ts";

const port = Number(process.argv[2]);
const operationsPort = Number(process.argv[3]);
const credentials: Credentials = JSON.parse(process.argv[4] ?? "{}");
const diary = createDiary();
let isResting = false;

process.on("disconnect", () => process.exit());
process.on("message", (word) => {
  if (word === "begin") beginSpan(diary);
  else if (word === "rest") isResting = true;
  else process.send?.({ type: "measurement", measurement: measurementOf(diary) });
});
const holdings = await takeHoldings(port, credentials);
process.send?.({ type: "ready", holdings });

/** Time between two requests of a client that rests: the next attack on the same machine is being measured. */
const restMs = 5_000;

async function pause(ms: number): Promise<void> {
  await sleep(isResting ? restMs : ms);
}

/** Time after which a worker that has failed comes back. */
const returnMs = 200;

/** Goes on for ever: a worker that has lost its connection opens another. */
async function insist(what: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await work().catch(({ message }: Error) => {
      noteFailure(diary, `${what}: ${message.replace(/\s+/g, " ")}`);
    });
    await sleep(returnMs);
  }
}

async function workOverLocktopus(): Promise<void> {
  const peer = await connectLocktopus(port, "namespace=good&abandon-timeout-ms=0");
  const ask = async (message: string, state: string) => {
    peer.send(message);
    assert.equal((await peer.hear()).state, state);
  };
  for (;;) {
    await timed(diary, () => ask(lock("write mine"), "acquired"));
    await timed(diary, () => ask(release, "ready"));
    await pause(5);
  }
}

async function workOverSoftvisio(): Promise<void> {
  const peer = await connectSoftvisio(port, credentials.token);
  const ask = async (method: string, ...params: readonly unknown[]) => {
    const { result, error } = await timed(diary, () => peer.call(method, ...params));
    assert.equal(error, undefined, error?.message);
    return result?.data;
  };
  for (;;) {
    const lockId = await ask("/v1/mutexes/lock", "good-mutex");
    assert.equal(await ask("/v1/mutexes/unlock", "good-mutex", lockId), true);
    await pause(20);
  }
}

async function workOverRest(): Promise<void> {
  const session = openRest({ port, ...holdings });
  const ask = async (path: string, fields: object) => {
    const { status, text } = await timed(diary, () => session.ask("POST", path, fields));
    assert.equal(status, 200, text);
    return JSON.parse(text);
  };
  try {
    for (;;) {
      const { locked, key } = await ask("/v1/lock", { name: "good-rest" });
      // After a failure the lock may be held by the request that failed.
      if (locked) await ask("/v1/unlock", { name: "good-rest", key });
      await pause(20);
    }
  } finally {
    session.close();
  }
}

async function probe(): Promise<void> {
  for (;;) {
    for (const path of ["/healthz", "/metrics"]) {
      const answer = getPage(operationsPort, path);
      const { status } = await watched(diary, "probeMs", { sinceMs: performance.now(), answer });
      assert.equal(status, 200, path);
    }
    await pause(1000);
  }
}

await Promise.all([
  insist("locktopus", workOverLocktopus),
  insist("softvisio", workOverSoftvisio),
  insist("rest", workOverRest),
  insist("operator", probe),
  insist("lease", () => leaseAfterLease(port, credentials, { diary, pause })),
]);
