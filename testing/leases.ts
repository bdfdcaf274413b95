import assert from "node:assert/strict";
import { readHistory } from "./history.ts";

/** What is due is done within so many ms in which the process runs (promise L1). */
const lateMsMax = 250;

/** Knows for how long the machine kept the processor from us, as it may have kept it from the server. */
export interface MachineWatch extends Disposable {
  readonly heldUpMs: number;
}

const lookMs = 20;

export function watchMachine(): MachineWatch {
  let lookedAt = performance.now();
  let heldUpMs = 0;
  const looking = setInterval(() => {
    const now = performance.now();
    heldUpMs = Math.max(heldUpMs, now - lookedAt - lookMs);
    lookedAt = now;
  }, lookMs);
  return {
    get heldUpMs() {
      return heldUpMs;
    },
    [Symbol.dispose]: () => clearInterval(looking),
  };
}

/** @param lateMs the time from the end of a lease to its expiry. */
export function assertOnTime(lateMs: number, { heldUpMs }: MachineWatch): void {
  assert.ok(lateMs >= 0, `a lease ended ${-lateMs} ms early`);
  const told = `a lease ended ${lateMs} ms late, on a machine that held us up for ${heldUpMs} ms`;
  assert.ok(lateMs <= lateMsMax + heldUpMs, told);
}

/** The life of a lease, in ms of the log's own time. */
export interface LeaseLife {
  readonly grantedAt: number;
  /** Not a number while it has not run out. */
  readonly expiredAt: number;
}

/** Of the first grant of the lock that has this name. The log must be whole; the server may run. */
export async function leaseOf(folder: string, name: string): Promise<LeaseLife> {
  let asked: string | undefined;
  let grantedAt = Number.NaN;
  let expiredAt = Number.NaN;
  for (const { entry, effects } of await readHistory(folder)) {
    const { at, command } = entry;
    if (command.type === "acquire" && command.claims.some(({ path }) => path[0] === name)) {
      asked ??= `${command.session} ${command.request}`;
    }
    for (const { session, request, outcome } of effects) {
      if (`${session} ${request}` !== asked) continue;
      if (outcome.type === "granted") grantedAt = at;
      if (outcome.type === "lease_expired") expiredAt = at;
    }
  }
  return { grantedAt, expiredAt };
}
