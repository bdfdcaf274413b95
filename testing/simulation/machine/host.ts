/** The machine on which the server runs: one process of it at a time, on a disk that outlives it. */
import type { Logger } from "pino";
import { type Disk, openFileLog } from "../../../src/log/file/mod.ts";
import { writeSnapshot } from "../../../src/server/compact.ts";
import { openConfiguredLog } from "../../../src/server/configured-log.ts";
import type { Observer } from "../../../src/server/observer.ts";
import { type Server, startServer } from "../../../src/server/server.ts";
import type { World } from "../../../src/server/world.ts";
import type { Random } from "../../history/random.ts";
import { createMemoryDisk, type MemoryDisk } from "../../memory-disk/memory-disk.ts";
import type { Chronicle } from "../chronicle.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import type { Network } from "../network/network.ts";
import type { Oracle } from "../oracle.ts";
import { folderName, type Scenario } from "../scenario.ts";
import type { Scheduler } from "../scheduler.ts";
import { findLog } from "./found-log.ts";
import { createProcess, type SimulatedProcess } from "./process.ts";
import { createTimeBound } from "./time-bound.ts";

export interface Host {
  readonly disk: MemoryDisk;
  /** The one that runs, or ran last. */
  readonly process: SimulatedProcess;
  readonly isServing: boolean;
  /** Starts the server, unless it runs. */
  start(): void;
  /** `power`: what was not synced may be lost, in whole or in part. */
  crash(kind: "kill" | "power"): void;
  /** Stops the server as SIGTERM does. */
  stop(): void;
  /** Lets a stopped process go on, after which the server has to give the time back. */
  resume(process: SimulatedProcess, clock: "went on" | "stood still"): void;
  /** How much longer each sync of a file takes from now on. */
  syncDelayMs: number;
  /** The moment by which all is done that the disk is doing now. */
  readonly diskIdleAtMs: number;
  /** What the wall clock shows beyond the time of the simulation. */
  wallOffsetMs: number;
  /** Something keeps the server from its work, until the returned function is called. */
  disturb(): () => void;
  /** The server has served for a while, and nothing has kept it from its work lately. */
  isCalm(): boolean;
  /** Throws what has gone wrong outside of anybody's call. */
  check(): void;
  readonly startCount: number;
}

export interface HostParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly oracle: Oracle;
  readonly chronicle: Chronicle;
  readonly scenario: Scenario;
}

/** After a disturbance the server is not held to its deadlines for so long. */
const calmAfterMs = 2_500;

/** How much may be lost with durability `relaxed`. */
const relaxedMs = 1_000;

/** 2026-01-01. */
const wallBeginMs = 1_767_225_600_000;

export function createHost(parts: HostParts): Host {
  const { scheduler, random, network, oracle, chronicle, scenario } = parts;
  let disk = createMemoryDisk({ settle });
  let process = createProcess(scheduler);
  process.kill();
  let server: Server | undefined;
  const time = createTimeBound();
  let startCount = 0;
  let servingSinceMs = 0;
  let failure: Error | undefined;
  let disturbances = 0;
  let disturbedAtMs = 0;
  let diskIdleAtMs = 0;
  /** Of what takes longer than usual. */
  let slowUntilMs = 0;

  /** What takes time on the disk takes it here; a process that ended waits for ever. */
  function settle(operation: string): Promise<void> {
    const asker = process;
    const ms = durationMs(operation);
    diskIdleAtMs = Math.max(diskIdleAtMs, scheduler.nowMs() + ms);
    if (ms > scenario.syncMsMax) slowUntilMs = diskIdleAtMs;
    return new Promise((resolve) => void asker.after(ms, resolve));
  }

  function durationMs(operation: string): number {
    if (operation === "turn") return 0;
    const ms = (random.below(1000) / 1000) * scenario.syncMsMax;
    return isSync(operation) ? ms + host.syncDelayMs : ms;
  }

  function start(): void {
    if (!process.isDead) return;
    startCount += 1;
    const own = createProcess(scheduler);
    process = own;
    disturb()();
    oracle.found(findLog(disk.afterKill(), folderName()));
    chronicle.tell("server", () => "starts");
    startServer(scenario.config, {
      logger: loggerOf(own),
      world: worldOf(own),
      observer: observerOf(own),
    }).then(
      (started) => {
        if (own.isDead) return;
        server = started;
        servingSinceMs = scheduler.nowMs();
        chronicle.tell("server", () => "serves");
        started.failed.catch((error: unknown) => exited(own, error));
      },
      (error: unknown) => exited(own, error),
    );
  }

  /** The process ends itself: only what a sick disk says is a reason for that. */
  function exited(own: SimulatedProcess, error: unknown): void {
    if (own.isDead) return;
    chronicle.tell("server", () => `exits: ${error}`);
    if (!isOfDisk(error)) failure ??= error as Error;
    end(own, "reset");
    disk = disk.afterKill();
  }

  function end(own: SimulatedProcess, how: "reset" | "silence"): void {
    own.kill();
    disk.halt();
    server = undefined;
    network.processEnded(own, how);
  }

  function crash(kind: "kill" | "power"): void {
    if (process.isDead && kind === "kill") return;
    if (kind === "power") notePowerCut();
    end(process, kind === "power" && random.chance(0.5) ? "silence" : "reset");
    disk = kind === "kill" ? disk.afterKill() : disk.afterCrash({ keep: random });
  }

  function notePowerCut(): void {
    const { lastIndex } = findLog(disk.afterCrash(), folderName());
    const isSyncing = isCalm() && !process.isDead;
    const unsyncedMsMax = isSyncing ? relaxedMs + 4 * scenario.syncMsMax : Number.POSITIVE_INFINITY;
    oracle.powerCut(lastIndex, unsyncedMsMax);
  }

  function isCalm(): boolean {
    const lastMs = Math.max(disturbedAtMs, slowUntilMs);
    return disturbances === 0 && scheduler.nowMs() - lastMs > calmAfterMs;
  }

  function stop(): void {
    const own = process;
    if (server === undefined || own.isDead) return;
    chronicle.tell("server", () => "is told to stop");
    const stopping = server.stop();
    server = undefined;
    stopping.then(
      () => {
        if (own.isDead) return;
        chronicle.tell("server", () => "has stopped");
        end(own, "reset");
        disk = disk.afterKill();
      },
      (error: unknown) => exited(own, error),
    );
  }

  function wallNowMs(): number {
    return wallBeginMs + scheduler.nowMs() + host.wallOffsetMs;
  }

  function disturb(): () => void {
    disturbances += 1;
    return () => {
      disturbances -= 1;
      disturbedAtMs = scheduler.nowMs();
    };
  }

  function worldOf(own: SimulatedProcess): World {
    const ownDisk = disk;
    const { segmentBytes } = scenario;
    const logSizes = { segmentBytes, growthBytes: 512, reserveBytes: 4_096 };
    return {
      disk: time.watch(own.clock, ownDisk),
      clock: own.clock,
      wallNowMs() {
        const ms = wallNowMs();
        time.look(own.clock, ms);
        return ms;
      },
      newSecret: () => digits(32),
      newUuid: () => [8, 4, 4, 4, 12].map(digits).join("-"),
      openLog: (options) => openConfiguredLog(options, logSizes),
      openListener: (options) => network.openListener(own, options),
      openAdminSocket: async () => ({ close: async () => {} }),
      openFilesMax: () => undefined,
      startSnapshot({ folder, index }) {
        const thread = cancellable(ownDisk);
        const log = openFileLog({ access: "reader", disk: thread.disk, folder });
        const written = log.then((reader) => writeSnapshot(reader, index));
        return { done: Promise.race([written, thread.cancelled]), stop: thread.cancel };
      },
      addProcessMetrics() {},
    };
  }

  function digits(count: number): string {
    return Array.from({ length: count }, () => random.below(16).toString(16)).join("");
  }

  /** Through which the oracle learns of everything that the server does. */
  function observerOf(own: SimulatedProcess): Observer {
    return {
      recovered(state) {
        if (own.isDead) return;
        attempt(() => oracle.recovered(state));
        time.goOnFrom(state.at);
      },
      sent(effect) {
        if (!own.isDead) oracle.sent(effect);
      },
      applied(entry) {
        if (!own.isDead) attempt(() => oracle.applied(entry, momentNow()));
      },
    };
  }

  /** The lines go into the story. An error that no sick disk explains is a failure. */
  function loggerOf(own: SimulatedProcess): Logger {
    const logger = {
      isLevelEnabled: () => false,
      child: () => logger,
      info: (_facts: unknown, text: string) => tell(text),
      warn: (_facts: unknown, text: string) => tell(`warns: ${text}`),
      error: complain,
      fatal: complain,
    };
    function tell(text: string): void {
      if (!own.isDead) chronicle.tell("server", () => text);
    }
    function complain({ err }: { readonly err: unknown }, text: string): void {
      if (own.isDead) return;
      tell(`complains: ${text}: ${err}`);
      if (!isOfDisk(err)) failure ??= new InvariantBroken(`${text}: ${(err as Error).stack}`);
    }
    return logger as unknown as Logger;
  }

  function resume(stopped: SimulatedProcess, clock: "went on" | "stood still"): void {
    const stoppedMs = stopped.resume(clock);
    if (stopped === process) time.stopped(stoppedMs);
  }

  function momentNow() {
    return { atMax: time.latestMs(), isCalm: isCalm() };
  }

  function attempt(check: () => void): void {
    try {
      check();
    } catch (error) {
      failure ??= error as Error;
    }
  }

  const host: Host = {
    get disk() {
      return disk;
    },
    get process() {
      return process;
    },
    get isServing() {
      return server !== undefined;
    },
    start,
    crash,
    stop,
    resume,
    syncDelayMs: 0,
    wallOffsetMs: 0,
    disturb,
    isCalm: () =>
      server !== undefined && scheduler.nowMs() - servingSinceMs > calmAfterMs && isCalm(),
    get diskIdleAtMs() {
      return diskIdleAtMs;
    },
    check() {
      if (failure !== undefined) throw failure;
    },
    get startCount() {
      return startCount;
    },
  };
  return host;
}

/** Errors with a code are those of a disk; all others are ours. */
function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error || isOfDisk(error.cause);
}

interface CancellableDisk {
  readonly disk: Disk;
  /** Rejects when it was cancelled. */
  readonly cancelled: Promise<never>;
  cancel(): Promise<void>;
}

/** The disk as a thread has it that can be ended from outside: what it waits for then never comes. */
function cancellable(disk: MemoryDisk): CancellableDisk {
  let isCancelled = false;
  const cancellation = Promise.withResolvers<never>();
  cancellation.promise.catch(() => {});
  const guarded =
    <Args extends readonly unknown[], Result>(operation: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await operation(...args);
      if (isCancelled) await new Promise(() => {});
      return result;
    };
  return {
    disk: {
      ...disk,
      list: guarded(disk.list),
      rename: guarded(disk.rename),
      remove: guarded(disk.remove),
      syncFolder: guarded(disk.syncFolder),
      turn: guarded(disk.turn),
      open(path, mode) {
        const file = disk.open(path, mode);
        return { ...file, sync: guarded(file.sync) };
      },
    },
    cancelled: cancellation.promise,
    async cancel() {
      isCancelled = true;
      cancellation.reject(new Error("cancelled"));
    },
  };
}

/** What waits for the disk itself, not for its cache alone. */
function isSync(operation: string): boolean {
  return operation === "sync" || operation === "sync_folder" || operation === "rename";
}
