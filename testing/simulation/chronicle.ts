import type { Scheduler } from "./scheduler.ts";

/** The story of a simulation, in lines for a person: `   12.345s  server      starts`. */
export interface Chronicle {
  readonly isWanted: boolean;
  /** Calls `what` only when somebody wants to read the story. */
  write(who: string, what: () => string): void;
  lines(): readonly string[];
}

export function createChronicle(scheduler: Scheduler, isWanted: boolean): Chronicle {
  const lines: string[] = [];
  return {
    isWanted,
    write(who, what) {
      if (!isWanted) return;
      const time = `${(scheduler.nowMs() / 1000).toFixed(3).padStart(9)}s`;
      lines.push(`${time}  ${who.padEnd(11)} ${what()}`);
    },
    lines: () => lines,
  };
}
