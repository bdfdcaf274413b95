import type { Scheduler } from "../scheduler.ts";

/** One direction of a connection: messages arrive in order, each some time later. */
export interface Pipe {
  send(arrive: () => void): void;
  /** Loses everything that is on its way, and everything that is sent later. */
  cut(): void;
}

export function createPipe(scheduler: Scheduler, latencyMs: () => number): Pipe {
  let lastAtMs = 0;
  let isCut = false;
  return {
    send(arrive) {
      if (isCut) return;
      const nowMs = scheduler.nowMs();
      // Never at one moment, because tasks of one moment run in any order.
      lastAtMs = Math.max(nowMs + latencyMs(), lastAtMs + 1e-3);
      scheduler.after(lastAtMs - nowMs, () => {
        if (!isCut) arrive();
      });
    },
    cut() {
      isCut = true;
    },
  };
}
