import type { Scheduler } from "./scheduler.ts";

/** What happened, as lines for a person: `   12.345s  server      starts`. */
export interface Chronicle {
  readonly isWanted: boolean;
  /** `what` is asked only when somebody wants to read it. */
  tell(who: string, what: () => string): void;
  lines(): readonly string[];
}

export function createChronicle(scheduler: Scheduler, isWanted: boolean): Chronicle {
  const lines: string[] = [];
  return {
    isWanted,
    tell(who, what) {
      if (!isWanted) return;
      const time = `${(scheduler.nowMs() / 1000).toFixed(3).padStart(9)}s`;
      lines.push(`${time}  ${who.padEnd(11)} ${what()}`);
    },
    lines: () => lines,
  };
}
