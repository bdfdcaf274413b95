import type { Host } from "../machine/host.ts";
import { anySkewMs } from "../machine/machine-clock.ts";
import type { Fault, FaultKit } from "./faults.ts";

export type Hosts = readonly [Host, ...Host[]];

/** Faults of one of the machines, or of the process on it. */
export function machineFaults(kit: FaultKit, hosts: Hosts): readonly Fault[] {
  const { random, happened } = kit;
  return [
    () => crash("kill"),
    () => crash("power"),
    stop,
    () => pauseOne(kit, hosts, random.pick([100, 900, 1_500, 10_000]), "went on"),
  ];

  function crash(how: "kill" | "power"): void {
    const host = random.pick(hosts);
    if (host.process.isDead && how === "kill") return;
    happened(`${how === "kill" ? "kill -9" : "the power is cut"} at ${host.node}`);
    host.crash(how);
  }

  function stop(): void {
    const host = random.pick(hosts);
    if (!host.isServing) return;
    happened(`somebody stops ${host.node}`);
    host.stop();
  }
}

/** Faults of the clocks of a machine whose server has a log of its own. */
export function clockFaults(kit: FaultKit, host: Host): readonly Fault[] {
  const { random, happened } = kit;
  return [
    () => occupy(kit, host, random.pick([200, 900, 1_500, 5_000])),
    () => pauseOne(kit, [host], random.pick([2_000, 3_600_000]), "stood still"),
    () => {
      const byMs = random.pick([-3_600_000, -1_000, 1_000, 3_600_000]);
      happened(`the wall clock jumps by ${byMs} ms`);
      host.clock.wallOffsetMs += byMs;
    },
  ];
}

/** Faults that only several machines have, which agree on the time by and large. */
export function clusterFaults(
  { random, happened }: FaultKit,
  hosts: Hosts,
  skewMsMax: number,
): readonly Fault[] {
  return [
    () => {
      const { node, clock } = random.pick(hosts);
      clock.wallOffsetMs = anySkewMs(random, skewMsMax);
      happened(`the wall clock of ${node} is off by ${clock.wallOffsetMs} ms now`);
    },
    () => {
      happened("kill -9 everywhere");
      for (const host of hosts) host.crash("kill");
    },
  ];
}

function pauseOne(
  { random, happened, untilCured }: FaultKit,
  hosts: Hosts,
  ms: number,
  clock: "went on" | "stood still",
): void {
  const host = random.pick(hosts);
  const { process } = host;
  if (process.isDead) return;
  const who = `the ${clock === "went on" ? "process" : "machine"} of ${host.node}`;
  happened(`${who} stands still`);
  process.stop();
  const run = () => host.resume(process, clock);
  untilCured([host.calm], { ms, words: `${who} goes on`, run });
}

/** Keeps the server busy. Its time goes on, so that leases end as soon as it is no longer. */
function occupy({ happened, scheduler, note }: FaultKit, host: Host, ms: number): void {
  const { process, calm } = host;
  if (process.isDead) return;
  happened(`the event loop of ${host.node} is busy`);
  process.work();
  const settle = calm.delay();
  scheduler.after(ms, () => {
    note(`the event loop of ${host.node} goes on`);
    host.rest(process);
    settle();
  });
}
