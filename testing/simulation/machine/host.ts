/** A machine with its clock and its storage, on which one process of the server runs at a time. */
import type { PasswordRecord } from "../../../src/core/command.ts";
import type { NodeId } from "../../../src/core/ids.ts";
import type { Config } from "../../../src/server/config.ts";
import type { Passwords } from "../../../src/server/identity/passwords.ts";
import type { Observer } from "../../../src/server/observer.ts";
import { type Server, startServer } from "../../../src/server/server.ts";
import type { World } from "../../../src/server/world.ts";
import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Network } from "../network/network.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Calm } from "./calm.ts";
import type { MachineClock } from "./machine-clock.ts";
import { createProcess, type SimulatedProcess } from "./process.ts";
import type { Ending, Storage } from "./storage.ts";
import { createStoryLogger, isOfDisk } from "./story-logger.ts";
import type { TimeBound } from "./time-bound.ts";

export interface Host {
  readonly node: NodeId;
  /** The running process, or the last one. */
  readonly process: SimulatedProcess;
  readonly isServing: boolean;
  /** Starts the server unless it runs. */
  start(): void;
  crash(how: "kill" | "power"): void;
  /** Stops the server as SIGTERM does. */
  stop(): void;
  /** Lets a stopped process go on; with a log of its own the server must then give the time back. */
  resume(process: SimulatedProcess, clock: "went on" | "stood still"): void;
  /** Lets a busy process go on with what waits. */
  rest(process: SimulatedProcess): void;
  readonly clock: MachineClock;
  readonly calm: Calm;
  /** The moment since which the server has served undisturbed; `undefined` when that is too short, or it does not. */
  calmSinceMs(): number | undefined;
  /** Throws the error that came up where no caller could catch it. */
  check(): void;
  readonly startCount: number;
}

export interface HostParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly chronicle: Chronicle;
  /** The name of the server in the story. */
  readonly name: string;
  readonly config: Config;
  readonly clock: MachineClock;
  readonly storage: Storage;
  readonly calm: Calm;
  readonly time: TimeBound;
  /** Returns the observer of the next process. */
  watch(): Observer;
}

/** Compares passwords as they are: hashes work in threads of their own, at a time that the scheduler does not choose. */
function plainPasswords(): Passwords {
  return {
    recordOf: async (password) => password as PasswordRecord,
    isRight: async (password, record) => password === record,
    isKnown: () => false,
    isOutdated: () => false,
  };
}

export function createHost(parts: HostParts): Host {
  const { scheduler, random, network, chronicle, name, config, clock, storage, calm, time } = parts;
  const node = config.node as NodeId;
  let process = createProcess(scheduler, clock.monotonic);
  process.kill();
  let server: Server | undefined;
  let startCount = 0;
  let failure: Error | undefined;

  function note(line: string): void {
    chronicle.write(name, () => line);
  }

  function fail(error: Error): void {
    failure ??= error;
  }

  function start(): void {
    if (!process.isDead) return;
    startCount += 1;
    const own = createProcess(scheduler, clock.monotonic);
    process = own;
    calm.disturb()();
    note("starts");
    const logger = createStoryLogger({
      note: (line) => void (own.isDead || note(line)),
      fail: (error) => void (own.isDead || fail(error)),
    });
    startServer(config, { logger, world: worldOf(own), observer: observerOf(own) }).then(
      (started) => {
        if (own.isDead) return;
        server = started;
        calm.disturb()();
        note("serves");
        started.failed.catch((error: unknown) => exited(own, error));
      },
      (error: unknown) => exited(own, error),
    );
  }

  /** The process ends itself. Only a sick disk is a reason for that. */
  function exited(own: SimulatedProcess, error: unknown): void {
    if (own.isDead) return;
    note(`exits: ${error}`);
    if (!isOfDisk(error)) fail(error as Error);
    end("exit");
  }

  function crash(how: "kill" | "power"): void {
    if (process.isDead && how === "kill") return;
    if (how === "power") storage.expectPowerCut();
    end(how);
  }

  function end(how: Ending): void {
    process.kill();
    server = undefined;
    network.processEnded(process, how === "power" && random.chance(0.5) ? "silence" : "reset");
    storage.processEnded(how);
  }

  function stop(): void {
    const own = process;
    if (server === undefined || own.isDead) return;
    note("is stopped");
    const stopping = server.stop();
    server = undefined;
    stopping.then(
      () => {
        if (own.isDead) return;
        note("has stopped");
        end("exit");
      },
      (error: unknown) => exited(own, error),
    );
  }

  function worldOf(own: SimulatedProcess): World {
    return {
      ...storage.mount(own),
      clock: own.clock,
      wallNowMs() {
        const ms = clock.wallNowMs();
        time.look(own.clock, ms);
        return ms;
      },
      cpuMs: own.cpuMs,
      loads: () => [0, 0, 0],
      newSecret: () => digits(32),
      createPasswords: plainPasswords,
      newUuid: () => [8, 4, 4, 4, 12].map(digits).join("-"),
      openListener: (options) => network.openListener(node, own, options),
      openAdminSocket: async () => ({ close: async () => {} }),
      openFilesMax: () => undefined,
      heapBytesMax: () => 2 ** 32,
      heap: { bytes: () => 0, beginToCollect() {}, collect() {}, shrink() {}, trim() {} },
      addProcessMetrics() {},
    };
  }

  function digits(count: number): string {
    return Array.from({ length: count }, () => random.below(16).toString(16)).join("");
  }

  /** Stops watching when the process has ended. */
  function observerOf(own: SimulatedProcess): Observer {
    const watcher = parts.watch();
    function observe(check: () => void): void {
      if (own.isDead) return;
      try {
        check();
      } catch (error) {
        fail(error as Error);
      }
    }
    return {
      recovered: (state) =>
        observe(() => {
          time.goOnFrom(state.at);
          watcher.recovered(state);
        }),
      sent: (effect, isDelivered) => observe(() => watcher.sent(effect, isDelivered)),
      applied: (entry) => observe(() => watcher.applied(entry)),
    };
  }

  return {
    node,
    clock,
    calm,
    get process() {
      return process;
    },
    get isServing() {
      return server !== undefined;
    },
    start,
    crash,
    stop,
    resume(stopped, clock) {
      const stoppedMs = stopped.resume(clock);
      if (stopped === process) time.stopped(stoppedMs);
    },
    rest(busy) {
      const busyMs = busy.rest();
      if (busy === process) time.busy(busyMs);
    },
    calmSinceMs: () => (server === undefined ? undefined : calm.sinceMs()),
    check() {
      if (failure !== undefined) throw failure;
    },
    get startCount() {
      return startCount;
    },
  };
}
