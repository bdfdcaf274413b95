/**
 * One run of the whole server, its disk, its clock, its network and its clients in one thread and in no
 * time: what happens is decided by a seed, and happens again with the same one.
 */
import { createRandom } from "../history/random.ts";
import { createChronicle } from "./chronicle.ts";
import { runCallClient } from "./clients/call-client.ts";
import type { Client, ClientParts } from "./clients/client.ts";
import { createClientClock } from "./clients/client-clock.ts";
import { createEventLedger } from "./clients/event-ledger.ts";
import { runHolderCallClient, runHolderClient } from "./clients/holder-client.ts";
import { runLdlmClient } from "./clients/ldlm-client.ts";
import { runLocktopusClient } from "./clients/locktopus-client.ts";
import { runSoftvisioClient } from "./clients/softvisio-client.ts";
import { bringFaults, type Faults } from "./faults.ts";
import { InvariantBroken } from "./invariant-broken.ts";
import { createCalm } from "./machine/calm.ts";
import { createFileStorage, type FileStorage } from "./machine/file-storage.ts";
import { createHost, type Host } from "./machine/host.ts";
import { createTimeBound } from "./machine/time-bound.ts";
import { createNetwork } from "./network/network.ts";
import { createOracle } from "./oracle.ts";
import { chooseScenario, type Scenario } from "./scenario.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";

export interface SimulationOutcome {
  readonly seed: number;
  /** Absent: everything was as it must be. */
  readonly failure?: Error;
  /** What happened, line by line; only when it was wanted. */
  readonly story: readonly string[];
  readonly counts: SimulationCounts;
}

export interface SimulationCounts {
  /** Requests of clients. */
  readonly operations: number;
  /** Entries that the server applied. */
  readonly entries: number;
  /** Turns of the simulated world. */
  readonly steps: number;
  readonly starts: number;
  readonly faults: number;
  readonly simulatedSeconds: number;
}

/** More than any run needs that comes to an end. */
const stepsMax = 400_000;

/** All that can be left after the last client has gone must have ended by then. */
const settleMs = 30_000;

export async function simulate(
  seed: number,
  { isTold = false }: { readonly isTold?: boolean } = {},
): Promise<SimulationOutcome> {
  const random = createRandom(seed);
  const scenario = chooseScenario(random);
  const scheduler = createScheduler(random);
  const chronicle = createChronicle(scheduler, isTold);
  const oracle = createOracle({
    chronicle,
    isRelaxed: scenario.config.durability === "relaxed",
    nowMs: scheduler.nowMs,
  });
  const network = createNetwork(scheduler, random);
  const calm = createCalm(scheduler.nowMs);
  const time = createTimeBound();
  const storage = createFileStorage({ scheduler, random, oracle, scenario, calm, time });
  const { config } = scenario;
  const shared = { scheduler, random, network, chronicle, calm };
  const host = createHost({ ...shared, oracle, config, storage, time });
  const faults = bringFaults({ ...shared, host, storage, everyMs: scenario.faultEveryMs });
  let operations = 0;
  let working = 0;
  let failure: Error | undefined;

  function work(name: string, client: Client): void {
    working += 1;
    const clock = createClientClock(scheduler, random);
    chronicle.tell(name, () => `has a clock that runs at ${clock.speed.toFixed(4)}`);
    const parts: ClientParts = {
      name,
      clock,
      random,
      network,
      chronicle,
      scenario,
      keys,
      events,
      isHeld: oracle.isHeld,
      isWanted: oracle.isWanted,
      isCalm: host.isCalm,
      asked() {
        operations += 1;
      },
      isOver: () => operations >= scenario.operationsMax,
    };
    client(parts).then(
      () => {
        working -= 1;
      },
      (error: Error) => {
        failure ??= error;
      },
    );
  }

  const keys: ClientParts["keys"] = [];
  const events = createEventLedger();
  const { durability, snapshotEvery, restartGrace } = scenario.config;
  chronicle.tell("scenario", () =>
    JSON.stringify({ durability, snapshotEvery, restartGrace, ...scenario, config: undefined }),
  );
  try {
    host.start();
    for (const { kind, count, client } of clientsOf(scenario)) {
      for (let n = 1; n <= count; n++) work(`${kind} ${n}`, client);
    }
    await run(scheduler, host, () => failure !== undefined || working === 0);
    if (failure === undefined) await goHome({ scheduler, host, storage, faults });
    if (failure === undefined) oracle.assertEmpty();
  } catch (error) {
    failure ??= error as Error;
  }
  host.process.kill();
  if (failure !== undefined) chronicle.tell("oracle", () => `FAILED: ${failure?.message}`);
  return {
    seed,
    ...(failure !== undefined && { failure }),
    story: chronicle.lines(),
    counts: {
      operations,
      entries: oracle.entryCount,
      steps: scheduler.stepCount,
      starts: host.startCount,
      faults: faults.count,
      simulatedSeconds: scheduler.nowMs() / 1000,
    },
  };
}

function clientsOf(scenario: Scenario) {
  return [
    { kind: "ldlm", count: scenario.ldlmClients, client: runLdlmClient },
    { kind: "grpc", count: scenario.callClients, client: runCallClient },
    { kind: "holder", count: scenario.holderClients, client: runHolderClient },
    { kind: "grpc holder", count: scenario.holderCallClients, client: runHolderCallClient },
    { kind: "locktopus", count: scenario.locktopusClients, client: runLocktopusClient },
    { kind: "softvisio", count: scenario.softvisioClients, client: runSoftvisioClient },
  ];
}

interface Ending {
  readonly scheduler: Scheduler;
  readonly host: Host;
  readonly storage: FileStorage;
  readonly faults: Faults;
}

/** The weather is fine, nobody asks for anything: the server must come to rest with nothing held. */
async function goHome({ scheduler, host, storage, faults }: Ending): Promise<void> {
  async function pass(ms: number): Promise<void> {
    let isOver = false;
    scheduler.after(ms, () => {
      isOver = true;
    });
    await run(scheduler, host, () => isOver);
  }

  faults.heal();
  await pass(Math.max(0, storage.idleAtMs - scheduler.nowMs()) + 1_000);
  // One that is stopping has ended by then, and is started again.
  for (let tries = 0; tries < 3; tries++) {
    host.start();
    await pass(settleMs / 3);
  }
  await pass(settleMs);
  if (!host.isServing)
    throw new InvariantBroken("with everything well again, the server does not serve");
}

async function run(scheduler: Scheduler, host: Host, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    if (scheduler.stepCount > stepsMax) throw new InvariantBroken("it does not come to an end");
    if (!(await scheduler.step())) throw new InvariantBroken("nothing happens any more");
    host.check();
  }
}
