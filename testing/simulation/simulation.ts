/**
 * Runs whole servers with their disks, clocks, network and clients in one thread and in no time. A seed decides
 * everything, so that the same seed repeats the same run.
 */
import type { NodeId } from "../../src/core/ids.ts";
import { createRandom } from "../history/random.ts";
import { createChronicle } from "./chronicle.ts";
import { runCallClient } from "./clients/call-client.ts";
import type { Client, ClientParts } from "./clients/client.ts";
import { createClientClock } from "./clients/client-clock.ts";
import { createEventLedger } from "./clients/event-ledger.ts";
import { runHolderCallClient, runHolderClient } from "./clients/holder-client.ts";
import { runLdlmClient } from "./clients/ldlm-client.ts";
import { runLocktopusClient } from "./clients/locktopus-client.ts";
import { runNexusClient } from "./clients/nexus-client.ts";
import { runSoftvisioClient } from "./clients/softvisio-client.ts";
import { createTaskLedger } from "./clients/task-ledger.ts";
import { bringFaults, type Faults } from "./faults/faults.ts";
import { type Installation, installOne, installSeveral } from "./installation.ts";
import { InvariantBroken } from "./invariant-broken.ts";
import { createNetwork } from "./network/network.ts";
import { createOracle, type Oracle } from "./oracle/oracle.ts";
import { chooseScenario, type Scenario } from "./scenario.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";

export interface SimulationOutcome {
  readonly seed: number;
  /** Absent when every promise held. */
  readonly failure?: Error;
  /** The lines of the story; empty unless they were wanted. */
  readonly story: readonly string[];
  readonly counts: SimulationCounts;
}

export interface SimulationCounts {
  /** Requests of clients. */
  readonly operations: number;
  /** Entries of the log. */
  readonly entries: number;
  /** Tasks of the scheduler. */
  readonly steps: number;
  readonly starts: number;
  readonly faults: number;
  readonly simulatedSeconds: number;
  /** 1 or 0, so that a campaign counts the worlds. */
  readonly worldsOfTwo: number;
  readonly worldsOfThree: number;
}

export interface SimulationWishes {
  /** Whether to write the story. */
  readonly isTraced?: boolean;
  /** The number of servers; the seed decides when absent. */
  readonly nodeCount?: number | undefined;
}

/** More steps than any run needs that ends. */
const stepsMax = 400_000;

/** Time in which everything must end that the last client has left behind. */
const settleMs = 30_000;

export async function simulate(
  seed: number,
  { isTraced = false, nodeCount }: SimulationWishes = {},
): Promise<SimulationOutcome> {
  const random = createRandom(seed);
  const scenario = chooseScenario(random, nodeCount);
  const scheduler = createScheduler(random);
  const chronicle = createChronicle(scheduler, isTraced);
  const oracle = createOracle({
    chronicle,
    isRelaxed: scenario.config.durability === "relaxed",
    nowMs: scheduler.nowMs,
  });
  const network = createNetwork(scheduler, random);
  const installation = install({ scheduler, random, network, chronicle, oracle, scenario });
  const { hosts, threats } = installation;
  const { faultEveryMs: everyMs, downMsMax } = scenario;
  const faults = bringFaults({ scheduler, random, chronicle, hosts, threats, everyMs, downMsMax });
  const nodes = hosts.map(({ node }) => node) as [NodeId];
  const ledgers = new Map(nodes.map((node) => [node, createEventLedger()]));
  const keys: ClientParts["keys"] = [];
  const pipes: ClientParts["pipes"] = [];
  const tasks = createTaskLedger(scenario.config.durability === "relaxed");
  let operations = 0;
  let working = 0;
  let failure: Error | undefined;

  function work(name: string, client: Client): void {
    working += 1;
    const clock = createClientClock(scheduler, random);
    chronicle.write(name, () => `has a clock that runs at ${clock.speed.toFixed(4)}`);
    const parts: ClientParts = {
      name,
      clock,
      random,
      network,
      nodes,
      chronicle,
      scenario,
      keys,
      pipes,
      tasks,
      events: (node) => ledgers.get(node) as ReturnType<typeof createEventLedger>,
      isHeld: oracle.isHeld,
      isWanted: oracle.isWanted,
      isPushed: oracle.isPushed,
      isCalm: () => hosts.every(({ calmSinceMs }) => calmSinceMs() !== undefined),
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

  const { durability, snapshotEvery, restartGrace } = scenario.config;
  chronicle.write("scenario", () =>
    JSON.stringify({ durability, snapshotEvery, restartGrace, ...scenario, config: undefined }),
  );
  const stage: Stage = { scheduler, oracle, installation, faults };
  try {
    for (const host of hosts) host.start();
    for (const { kind, count, client } of clientsOf(scenario)) {
      for (let n = 1; n <= count; n++) work(`${kind} ${n}`, client);
    }
    await run(stage, () => failure !== undefined || working === 0);
    if (failure === undefined) await goHome(stage);
    if (failure === undefined) oracle.assertEmpty();
  } catch (error) {
    failure ??= error as Error;
  }
  for (const { process } of hosts) process.kill();
  if (failure !== undefined) chronicle.write("oracle", () => `FAILED: ${failure?.message}`);
  return {
    seed,
    ...(failure !== undefined && { failure }),
    story: chronicle.lines(),
    counts: {
      operations,
      entries: oracle.entryCount,
      steps: scheduler.stepCount,
      starts: hosts.reduce((sum, { startCount }) => sum + startCount, 0),
      faults: faults.count,
      simulatedSeconds: scheduler.nowMs() / 1000,
      worldsOfTwo: scenario.nodeCount === 2 ? 1 : 0,
      worldsOfThree: scenario.nodeCount === 3 ? 1 : 0,
    },
  };
}

function install(parts: Parameters<typeof installOne>[0]): Installation {
  const { nodeCount } = parts.scenario;
  return nodeCount === 1 ? installOne(parts) : installSeveral(parts, nodeCount);
}

function clientsOf(scenario: Scenario) {
  return [
    { kind: "ldlm", count: scenario.ldlmClients, client: runLdlmClient },
    { kind: "grpc", count: scenario.callClients, client: runCallClient },
    { kind: "holder", count: scenario.holderClients, client: runHolderClient },
    { kind: "grpc holder", count: scenario.holderCallClients, client: runHolderCallClient },
    { kind: "locktopus", count: scenario.locktopusClients, client: runLocktopusClient },
    { kind: "softvisio", count: scenario.softvisioClients, client: runSoftvisioClient },
    { kind: "nexus", count: scenario.nexusClients, client: runNexusClient },
  ];
}

interface Stage {
  readonly scheduler: Scheduler;
  readonly oracle: Oracle;
  readonly installation: Installation;
  readonly faults: Faults;
}

/** Without faults and clients, the servers must come to rest with nothing held. */
async function goHome(stage: Stage): Promise<void> {
  const { scheduler, installation, faults } = stage;
  const { hosts, idleAtMs } = installation;
  async function pass(ms: number): Promise<void> {
    let isOver = false;
    scheduler.after(ms, () => {
      isOver = true;
    });
    await run(stage, () => isOver);
  }

  faults.heal();
  await pass(Math.max(0, idleAtMs() - scheduler.nowMs()) + 1_000);
  // A server that is stopping ends meanwhile, and is started again.
  for (let tries = 0; tries < 3; tries++) {
    for (const host of hosts) host.start();
    await pass(settleMs / 3);
  }
  await pass(settleMs);
  if (!hosts.every(({ isServing }) => isServing))
    throw new InvariantBroken("without any faults a server does not serve");
}

async function run(
  { scheduler, oracle, installation }: Stage,
  isDone: () => boolean,
): Promise<void> {
  while (!isDone()) {
    if (scheduler.stepCount > stepsMax) throw new InvariantBroken("the simulation does not end");
    if (!(await scheduler.step())) throw new InvariantBroken("the simulation has no task left");
    for (const host of installation.hosts) {
      host.check();
      const calmSinceMs = host.calmSinceMs();
      if (calmSinceMs !== undefined) oracle.assertAtWork(host.node, calmSinceMs);
    }
  }
}
