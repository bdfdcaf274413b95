import type { Random } from "../history/random.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Calm } from "./machine/calm.ts";
import type { FileStorage } from "./machine/file-storage.ts";
import type { Host } from "./machine/host.ts";
import type { Network } from "./network/network.ts";
import type { Scheduler } from "./scheduler.ts";

/** Brings misfortune to a simulated machine and its network, until it is told to stop. */
export interface Faults {
  /** Ends all that is wrong now, and nothing new begins. */
  heal(): void;
  /** How many have happened; one that found nothing to spoil does not count. */
  readonly count: number;
}

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly host: Host;
  readonly storage: FileStorage;
  readonly calm: Calm;
  readonly network: Network;
  readonly chronicle: Chronicle;
  /** From one to the next, on average. */
  readonly everyMs: number;
}

/** How long a server stays down before it is started again, at most. */
const downMsMax = 3_000;

export function bringFaults(parts: FaultParts): Faults {
  const { scheduler, random, host, storage, network, chronicle, everyMs } = parts;
  let count = 0;
  /** What is wrong for a while, and how it gets well again. */
  const cures = new Set<() => void>();
  let isOver = false;

  const kinds: readonly [() => void, ...(() => void)[]] = [
    () => crash("kill"),
    () => crash("power"),
    // In the middle of whatever the server is doing.
    () => crashAtOperation("kill"),
    () => crashAtOperation("power"),
    stop,
    () => pauseFor(random.pick([100, 900, 1_500, 10_000]), "went on"),
    () => pauseFor(random.pick([2_000, 3_600_000]), "stood still"),
    jump,
    breakConnection,
    slowNetwork,
    loseMessages,
    () => delaySyncs(random.pick([50, 400]), 3_000),
    () => delaySyncs(random.pick([2_000, 30_000]), 50),
    fillDisk,
    makeReadOnly,
    failSync,
  ];

  function arm(): void {
    scheduler.after(random.below(2 * everyMs), () => {
      if (isOver) return;
      random.pick(kinds)();
      if (host.process.isDead) restartLater();
      arm();
    });
  }

  function restartLater(): void {
    scheduler.after(random.below(downMsMax), host.start);
  }

  function tell(what: string): void {
    chronicle.tell("fault", () => what);
  }

  function happened(what: string): void {
    count += 1;
    tell(what);
  }

  /** What is wrong now gets well by itself, which is told in these words. */
  function untilCured(ms: number, words: string, cure: () => void): void {
    const calm = parts.calm.disturb();
    const heal = () => {
      if (!cures.delete(heal)) return;
      tell(words);
      cure();
      calm();
    };
    cures.add(heal);
    scheduler.after(ms, heal);
  }

  function crash(kind: "kill" | "power"): void {
    if (host.process.isDead && kind === "kill") return;
    happened(kind === "kill" ? "kill -9" : "the power is cut");
    host.crash(kind);
  }

  function stop(): void {
    if (!host.isServing) return;
    happened("somebody stops the server");
    host.stop();
  }

  function breakConnection(): void {
    const how = network.breakOne();
    if (how !== undefined) happened(how);
  }

  function crashAtOperation(kind: "kill" | "power"): void {
    const { disk } = storage;
    let left = random.below(20);
    const words = { kill: "the process will be killed", power: "the power will be cut" } as const;
    tell(`${words[kind]} at disk operation ${left + 1} from here`);
    disk.fault = () => {
      left -= 1;
      if (left >= 0 || storage.disk !== disk) return undefined;
      disk.fault = () => undefined;
      crash(kind);
      restartLater();
      return undefined;
    };
  }

  function pauseFor(ms: number, clock: "went on" | "stood still"): void {
    const { process } = host;
    if (process.isDead) return;
    const who = clock === "went on" ? "the process" : "the machine";
    happened(`${who} stands still`);
    process.stop();
    untilCured(ms, `${who} goes on`, () => host.resume(process, clock));
  }

  function jump(): void {
    const byMs = random.pick([-3_600_000, -1_000, 1_000, 3_600_000]);
    happened(`the wall clock jumps by ${byMs} ms`);
    host.wallOffsetMs += byMs;
  }

  function slowNetwork(): void {
    happened("the network is slow");
    network.latencyMsMax = random.pick([100, 2_000]);
    untilCured(3_000, "the network is quick again", () => {
      network.latencyMsMax = 2;
    });
  }

  function loseMessages(): void {
    happened("requests over HTTP are lost and doubled");
    network.lossChance = 0.3;
    untilCured(3_000, "requests over HTTP arrive again, and once", () => {
      network.lossChance = 0;
    });
  }

  function delaySyncs(ms: number, forMs: number): void {
    happened(`the disk needs ${ms} ms for a sync`);
    storage.syncDelayMs = ms;
    untilCured(forMs, "a sync that begins now is quick", () => {
      storage.syncDelayMs = 0;
    });
    untilCured(forMs + ms, "no slow sync is under way any more", () => {});
  }

  function fillDisk(): void {
    const { disk } = storage;
    const used = disk.names().reduce((sum, name) => sum + disk.bytesOf(name).length, 0);
    disk.capacityBytes = used + random.below(2_000);
    happened(`the disk is full at ${disk.capacityBytes} bytes`);
    untilCured(random.pick([200, 4_000]), "the disk has room again", () => {
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      storage.disk.capacityBytes = Number.POSITIVE_INFINITY;
    });
  }

  function makeReadOnly(): void {
    const { disk } = storage;
    happened("the disk is read-only");
    disk.isReadOnly = true;
    untilCured(random.pick([200, 4_000]), "the disk can be written again", () => {
      disk.isReadOnly = false;
      storage.disk.isReadOnly = false;
    });
  }

  function failSync(): void {
    const { disk } = storage;
    happened("the next sync fails");
    disk.fault = (operation) => {
      if (operation !== "sync") return undefined;
      disk.fault = () => undefined;
      return Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    };
    restartLater();
  }

  arm();
  return {
    get count() {
      return count;
    },
    heal() {
      isOver = true;
      for (const cure of [...cures]) cure();
      storage.disk.fault = () => undefined;
    },
  };
}
