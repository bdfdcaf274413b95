import { readFileSync } from "node:fs";

/** Watches the memory of one process. */
export interface MemoryWatch extends Disposable {
  readonly peakMiB: number;
  /** Whether the process had more than it may have, and was killed for it. */
  readonly hasKilled: boolean;
  nowMiB(): number;
}

const lookMs = 100;

/** The machine has other work: no server under attack may take more of it. */
export const residentMiBMax = 3 * 1024;

/** @param kill ends the process; it is the caller who started it. */
export function watchMemory(pid: number, kill: () => void): MemoryWatch {
  let peakMiB = 0;
  let hasKilled = false;
  const look = () => {
    peakMiB = Math.max(peakMiB, residentMiB(pid));
    if (peakMiB < residentMiBMax || hasKilled) return;
    hasKilled = true;
    kill();
  };
  const looking = setInterval(look, lookMs);
  return {
    get peakMiB() {
      return peakMiB;
    },
    get hasKilled() {
      return hasKilled;
    },
    nowMiB: () => residentMiB(pid),
    [Symbol.dispose]: () => clearInterval(looking),
  };
}

/** VmRSS; 0 of a process that is gone. */
function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}
