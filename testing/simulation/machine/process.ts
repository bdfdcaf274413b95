import type { Clock } from "../../../src/server/clock.ts";
import type { Scheduler } from "../scheduler.ts";

/**
 * One process on a simulated machine. Nothing of it runs any more once it was killed, and everything that comes
 * due waits while it is stopped (SIGSTOP) or its event loop is busy.
 */
export interface SimulatedProcess {
  readonly clock: Clock;
  readonly isDead: boolean;
  readonly isStopped: boolean;
  /** CPU time that it has used, in ms. */
  cpuMs(): number;
  /** Runs the task now, or once a stopped process goes on; never when the process is dead. */
  run(task: () => void): void;
  after(ms: number, task: () => void): () => void;
  kill(): void;
  stop(): void;
  /** Keeps the event loop of a process that runs busy, so that the CPU time goes on and nothing else. */
  work(): void;
  /** Ends `work`, as a stop does. Returns for how long it was busy. */
  rest(): number;
  /**
   * Lets a stopped process go on. The monotonic clock stands still in a sleeping machine. Returns how long the
   * process was stopped by that clock.
   */
  resume(clock: "went on" | "stood still"): number;
}

/** The monotonic clock of a machine. */
export interface MonotonicClock {
  /** Its reading when the simulation begins. */
  readonly beginMs: number;
  /** How many of its seconds pass in one second of the simulation. */
  readonly speed: number;
}

export function createProcess(
  scheduler: Scheduler,
  { beginMs, speed }: MonotonicClock,
): SimulatedProcess {
  let isDead = false;
  let busySinceMs: number | undefined;
  let workedMs = 0;
  /** The part of it that the last `rest` has not returned. */
  let restedMs = 0;
  let stoppedAtMs: number | undefined;
  let sleptMs = 0;
  let backlog: (() => void)[] = [];

  function run(task: () => void): void {
    if (isDead) return;
    if (stoppedAtMs === undefined && busySinceMs === undefined) task();
    else backlog.push(task);
  }

  function rest(): void {
    if (busySinceMs === undefined) return;
    const busyMs = scheduler.nowMs() - busySinceMs;
    workedMs += busyMs;
    restedMs += busyMs;
    busySinceMs = undefined;
  }

  function catchUp(): void {
    const due = backlog;
    backlog = [];
    scheduler.after(0, () => {
      for (const task of due) run(task);
    });
  }

  function after(ms: number, task: () => void): () => void {
    let isCancelled = false;
    const cancel = scheduler.after(ms / speed, () =>
      run(() => {
        if (!isCancelled) task();
      }),
    );
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  function every(ms: number, task: () => void): () => void {
    let cancel = () => {};
    const arm = () => {
      cancel = after(ms, () => {
        arm();
        task();
      });
    };
    arm();
    return () => cancel();
  }

  const nowMs = () => beginMs + speed * ((stoppedAtMs ?? scheduler.nowMs()) - sleptMs);

  return {
    clock: {
      nowMs,
      recentMs: nowMs,
      after,
      every,
      soon: (task) => after(0, task),
    },
    get isDead() {
      return isDead;
    },
    get isStopped() {
      return stoppedAtMs !== undefined;
    },
    cpuMs: () => workedMs + (busySinceMs === undefined ? 0 : scheduler.nowMs() - busySinceMs),
    run,
    after,
    work() {
      if (stoppedAtMs === undefined) busySinceMs ??= scheduler.nowMs();
    },
    rest() {
      rest();
      if (stoppedAtMs === undefined) catchUp();
      const busyMs = restedMs;
      restedMs = 0;
      return busyMs;
    },
    kill() {
      isDead = true;
      backlog = [];
    },
    stop() {
      rest();
      stoppedAtMs ??= scheduler.nowMs();
    },
    resume(clock) {
      if (stoppedAtMs === undefined) return 0;
      const stoppedMs = scheduler.nowMs() - stoppedAtMs;
      if (clock === "stood still") sleptMs += stoppedMs;
      stoppedAtMs = undefined;
      catchUp();
      return clock === "stood still" ? 0 : stoppedMs;
    },
  };
}
