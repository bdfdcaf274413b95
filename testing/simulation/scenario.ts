import type { Config } from "../../src/server/config.ts";
import type { Random } from "../history/random.ts";
import { load } from "../load-config.ts";

/** The choices that hold for a whole simulation. */
export interface Scenario {
  /** 1: one server on files of its own. More: so many servers on a log that they share. */
  readonly nodeCount: number;
  /** Largest error of the wall clocks of several nodes, either way. */
  readonly skewMsMax: number;
  readonly config: Config;
  readonly segmentBytes: number;
  readonly locktopusClients: number;
  readonly ldlmClients: number;
  /** Clients of LDLM gRPC. */
  readonly callClients: number;
  /** Whether their locks outlive their connections. */
  readonly keepsLocks: boolean;
  /** Clients that trust their leases, over REST and over gRPC. */
  readonly holderClients: number;
  readonly holderCallClients: number;
  readonly softvisioClients: number;
  readonly nexusClients: number;
  /** Requests of clients after which faults and clients end. */
  readonly operationsMax: number;
  /** The names of locks. */
  readonly names: readonly [string, ...string[]];
  /** Average time between two faults. */
  readonly faultEveryMs: number;
  /** Longest time for which a server stays down. */
  readonly downMsMax: number;
  /** Longest time of an ordinary sync. */
  readonly syncMsMax: number;
}

/** The longest lease of a client that trusts its leases. A restart leaves it whole if the grace is as long. */
export const holderLeaseMsMax = 2_000;

/** Short enough that a server which is calm again is past it. */
const softvisioGraceMsMax = 2_000;

const { config: usual } = load({ flags: { "--data": folderName() } });

/** The data folder of the simulated server. */
export function folderName(): string {
  return "/data";
}

/** Chooses short times and small files, so that everything happens within some hundred operations. */
export function chooseScenario(random: Random, nodeCountWanted?: number): Scenario {
  const chosen = random.pick([1, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
  const nodeCount = nodeCountWanted ?? chosen;
  const durability = random.chance(0.85) || nodeCount > 1 ? "always" : "relaxed";
  const restartGrace = random.pick([0, 200, holderLeaseMsMax]);
  // Otherwise a lease may be lost with the power, or end while the only server is down.
  const isLeaseKept =
    nodeCount > 1
      ? random.chance(0.5)
      : durability === "always" && restartGrace === holderLeaseMsMax;
  const keepsLocks = random.chance(0.3);
  // When a node joins the others, leases end early by as much as its clock is ahead.
  const skewMsMax = isLeaseKept ? 10 : 2_000;
  return {
    nodeCount,
    skewMsMax,
    config: {
      ...usual,
      durability,
      snapshotEvery: random.pick(nodeCount > 1 ? [300, 2_000, 1e9] : [2_000, 6_000, 1e9]),
      restartGrace,
      pingInterval: 1_000,
      limits: {
        ...usual.limits,
        idleNamesMax: random.pick([0, 2, 1_000]),
        waitersPerConnectionMax: random.pick([2, 10_000]),
      },
      ldlm: {
        ...usual.ldlm,
        keepaliveInterval: 700,
        keepaliveTimeout: 300,
        restartGrace: random.pick([0, 300, 5_000]),
        noClearOnDisconnect: keepsLocks ? ["main"] : [],
        restSessionTimeout: random.pick([2_000, 10_000]),
        lockGcInterval: 700,
        lockGcMinIdle: random.pick([100, 3_000]),
      },
      // They make users before anybody has logged in.
      nexus: { ...usual.nexus, nobodyTags: ["@admin"] },
      softvisio: { ...usual.softvisio, restartGrace: random.pick([0, 300, softvisioGraceMsMax]) },
    },
    segmentBytes: random.pick([600, 3_000, 20_000]),
    locktopusClients: random.below(4),
    ldlmClients: 1 + random.below(3),
    callClients: random.below(3),
    keepsLocks,
    holderClients: isLeaseKept ? 1 + random.below(2) : 0,
    // Elsewhere a lease over gRPC ends with its connection, and the client may not know that that has ended.
    holderCallClients: isLeaseKept && keepsLocks ? 1 + random.below(2) : 0,
    softvisioClients: random.below(4),
    nexusClients: random.below(4),
    operationsMax: random.pick([40, 100, 200]),
    names: random.pick<Scenario["names"]>([["a"], ["a", "b"], ["a", "b", "c", "d"]]),
    faultEveryMs: random.pick([150, 500, 3_000]),
    // The others go on meanwhile.
    downMsMax: nodeCount > 1 ? random.pick([3_000, 15_000]) : 3_000,
    syncMsMax: random.pick([0.2, 2, 20]),
  };
}
