import type { Random } from "../history/random.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Host } from "./host.ts";
import type { Network } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

/** Brings misfortune to a simulated machine and its network, until it is told to stop. */
export interface Faults {
  /** Ends all that is wrong now, and nothing new begins. */
  heal(): void;
  readonly counts: Readonly<Record<string, number>>;
}

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly host: Host;
  readonly network: Network;
  readonly chronicle: Chronicle;
  /** From one to the next, on average. */
  readonly everyMs: number;
}

/** How long a server stays down before it is started again, at most. */
const downMsMax = 3_000;

export function bringFaults(parts: FaultParts): Faults {
  const { scheduler, random, host, network, chronicle, everyMs } = parts;
  const counts: Record<string, number> = {};
  /** What is wrong for a while, and how it gets well again. */
  const cures = new Set<() => void>();
  let isOver = false;

  /** By name; each returns what a person should know of it. */
  const kinds: Readonly<Record<string, () => void>> = {
    kill: () => host.crash("kill"),
    power: () => host.crash("power"),
    /** In the middle of whatever the server is doing. */
    kill_at_disk: () => crashAtOperation("kill"),
    power_at_disk: () => crashAtOperation("power"),
    stop: () => host.stop(),
    pause: () => pauseFor(random.pick([100, 900, 1_500, 10_000]), "went on"),
    sleep: () => pauseFor(random.pick([2_000, 3_600_000]), "stood still"),
    wall_clock: jump,
    connection() {
      const how = network.breakOne();
      chronicle.tell("fault", () => how);
    },
    slow_network: slowNetwork,
    lossy_network: loseMessages,
    slow_disk: () => delaySyncs(random.pick([50, 400]), 3_000),
    disk_stall: () => delaySyncs(random.pick([2_000, 30_000]), 50),
    disk_full: fillDisk,
    read_only: makeReadOnly,
    failed_sync: failSync,
  };
  const names = Object.keys(kinds) as [string, ...string[]];

  function arm(): void {
    scheduler.after(random.below(2 * everyMs), () => {
      if (isOver) return;
      const name = random.pick(names);
      counts[name] = (counts[name] ?? 0) + 1;
      kinds[name]?.();
      if (host.process.isDead) restartLater();
      arm();
    });
  }

  function restartLater(): void {
    scheduler.after(random.below(downMsMax), host.start);
  }

  /** What is wrong now gets well by itself. */
  function untilCured(ms: number, cure: () => void): void {
    const calm = host.disturb();
    const heal = () => {
      if (!cures.delete(heal)) return;
      cure();
      calm();
    };
    cures.add(heal);
    scheduler.after(ms, heal);
  }

  function crashAtOperation(kind: "kill" | "power"): void {
    const { disk } = host;
    let left = random.below(20);
    chronicle.tell("fault", () => `a ${kind} will come at disk operation ${left + 1} from here`);
    disk.fault = () => {
      left -= 1;
      if (left >= 0 || host.disk !== disk) return undefined;
      disk.fault = () => undefined;
      host.crash(kind);
      restartLater();
      return undefined;
    };
  }

  function pauseFor(ms: number, clock: "went on" | "stood still"): void {
    const { process } = host;
    if (process.isDead) return;
    chronicle.tell(
      "fault",
      () => `the ${clock === "went on" ? "process" : "machine"} stands still`,
    );
    process.stop();
    untilCured(ms, () => {
      chronicle.tell("fault", () => "it goes on");
      host.resume(process, clock);
    });
  }

  function jump(): void {
    const byMs = random.pick([-3_600_000, -1_000, 1_000, 3_600_000]);
    chronicle.tell("fault", () => `the wall clock jumps by ${byMs} ms`);
    host.wallOffsetMs += byMs;
  }

  function slowNetwork(): void {
    chronicle.tell("fault", () => "the network is slow");
    network.latencyMsMax = random.pick([100, 2_000]);
    untilCured(3_000, () => {
      network.latencyMsMax = 2;
    });
  }

  function loseMessages(): void {
    chronicle.tell("fault", () => "requests over HTTP are lost and doubled");
    network.lossChance = 0.3;
    untilCured(3_000, () => {
      network.lossChance = 0;
    });
  }

  function delaySyncs(ms: number, forMs: number): void {
    chronicle.tell("fault", () => `the disk needs ${ms} ms for a sync`);
    host.syncDelayMs = ms;
    untilCured(forMs, () => {
      host.syncDelayMs = 0;
    });
    // Syncs that have begun take their time also when no new one does.
    untilCured(forMs + ms, () => {});
  }

  function fillDisk(): void {
    const { disk } = host;
    const used = disk.names().reduce((sum, name) => sum + disk.bytesOf(name).length, 0);
    disk.capacityBytes = used + random.below(2_000);
    chronicle.tell("fault", () => `the disk is full at ${disk.capacityBytes} bytes`);
    untilCured(random.pick([200, 4_000]), () => {
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      host.disk.capacityBytes = Number.POSITIVE_INFINITY;
    });
  }

  function makeReadOnly(): void {
    const { disk } = host;
    chronicle.tell("fault", () => "the disk is read-only");
    disk.isReadOnly = true;
    untilCured(random.pick([200, 4_000]), () => {
      disk.isReadOnly = false;
      host.disk.isReadOnly = false;
    });
  }

  function failSync(): void {
    const { disk } = host;
    chronicle.tell("fault", () => "the next sync fails");
    disk.fault = (operation) => {
      if (operation !== "sync") return undefined;
      disk.fault = () => undefined;
      return Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    };
    restartLater();
  }

  arm();
  return {
    counts,
    heal() {
      isOver = true;
      for (const cure of [...cures]) cure();
      host.disk.fault = () => undefined;
    },
  };
}
