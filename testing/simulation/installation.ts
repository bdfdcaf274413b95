/** The servers of a world: one on files of its own, or several on a shared log. */
import type { NodeId } from "../../src/core/ids.ts";
import type { Observer } from "../../src/server/observer.ts";
import type { Random } from "../history/random.ts";
import { createSharedLog } from "../shared-log.ts";
import type { Chronicle } from "./chronicle.ts";
import { diskFaults } from "./faults/disk-faults.ts";
import type { Threats } from "./faults/faults.ts";
import { clockFaults, clusterFaults, machineFaults } from "./faults/machine-faults.ts";
import { networkFaults } from "./faults/network-faults.ts";
import { type Member, sharedLogFaults } from "./faults/shared-log-faults.ts";
import { createCalm } from "./machine/calm.ts";
import { createFileStorage } from "./machine/file-storage.ts";
import { createHost, type Host } from "./machine/host.ts";
import { createAgreeingClock, createClock, latestOfAgreeing } from "./machine/machine-clock.ts";
import { createSharedStorage } from "./machine/shared-storage.ts";
import { createOwnTimeBound, createSharedTimeBound } from "./machine/time-bound.ts";
import type { Network } from "./network/network.ts";
import { lateMsMax, type Oracle } from "./oracle/oracle.ts";
import { createWitness } from "./oracle/witness.ts";
import type { Scenario } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Installation {
  readonly hosts: readonly [Host, ...Host[]];
  readonly threats: Threats;
  /** The moment at which everything is done that is slow now. */
  idleAtMs(): number;
}

export interface InstallationParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly chronicle: Chronicle;
  readonly oracle: Oracle;
  readonly scenario: Scenario;
}

/** Installs one server. An entry of its files counts for good once the server has applied it. */
export function installOne(parts: InstallationParts): Installation {
  const { scheduler, random, network, oracle, scenario } = parts;
  const { config } = scenario;
  const node = config.node as NodeId;
  const calm = createCalm(scheduler.nowMs);
  const clock = createClock(scheduler, random);
  const time = createOwnTimeBound();
  const storage = createFileStorage({ ...parts, calm, time });

  function watch(): Observer {
    const witness = createWitness({ node, oracle });
    return {
      ...witness,
      applied(entry) {
        const lateMs = calm.sinceMs() === undefined ? Number.POSITIVE_INFINITY : lateMsMax;
        oracle.add(entry, { atMax: time.latestMs(), lateMsMax: lateMs });
        witness.applied(entry);
      },
    };
  }

  const host = createHost({ ...parts, name: "server", config, clock, storage, calm, time, watch });
  return {
    hosts: [host],
    threats: {
      faults: (kit) => [
        ...machineFaults(kit, [host]),
        ...clockFaults(kit, host),
        ...diskFaults(kit, host, storage),
        ...networkFaults(kit, network, [calm]),
      ],
      disarm() {
        storage.disk.fault = () => undefined;
      },
    },
    idleAtMs: () => storage.idleAtMs,
  };
}

/** Installs several servers. An entry of their shared log counts for good as soon as it has its place there. */
export function installSeveral(parts: InstallationParts, count: number): Installation {
  const { scheduler, random, network, oracle, scenario } = parts;
  const { skewMsMax } = scenario;
  const latestMs = () => latestOfAgreeing(scheduler, skewMsMax);
  const log = createSharedLog({
    ordered(entries) {
      // The log's time may jump by as much as the clocks of the nodes disagree.
      const bounds = { atMax: latestMs(), lateMsMax: Number.POSITIVE_INFINITY };
      for (const entry of entries) oracle.add(entry, bounds);
    },
    written: ({ index, records }) => oracle.assertState(index, [...records]),
  });

  function addMember(number: number): Member {
    const node = `n${number}` as NodeId;
    const calm = createCalm(scheduler.nowMs);
    const storage = createSharedStorage({ ...parts, node, log });
    const host = createHost({
      ...parts,
      name: node,
      config: { ...scenario.config, node },
      clock: createAgreeingClock(scheduler, random, skewMsMax),
      storage,
      calm,
      time: createSharedTimeBound(latestMs),
      watch: () => createWitness({ node, oracle }),
    });
    return { host, storage };
  }

  const members = Array.from({ length: count }, (_, place) => addMember(place + 1)) as [Member];
  const hosts = members.map(({ host }) => host) as [Host];
  const calms = hosts.map(({ calm }) => calm);
  return {
    hosts,
    threats: {
      faults: (kit) => [
        ...machineFaults(kit, hosts),
        ...clusterFaults(kit, hosts, skewMsMax),
        ...sharedLogFaults(kit, members),
        ...networkFaults(kit, network, calms),
      ],
      disarm() {
        for (const { storage } of members) storage.appending = undefined;
      },
    },
    idleAtMs: () => scheduler.nowMs(),
  };
}
