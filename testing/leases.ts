import assert from "node:assert/strict";
import { readHistory } from "./history.ts";

/**
 * What is due is done within 250 ms in which the process runs (promise L1, which the simulation holds
 * it to); here the machine may have kept the processor from it for as long as counts, which is a second.
 */
const lateMsMax = 250 + 1000;

/** @param lateMs the time from the end of a lease to its expiry. */
export function assertLate(lateMs: number): void {
  assert.ok(lateMs >= 0, `a lease ended ${-lateMs} ms early`);
  assert.ok(lateMs <= lateMsMax, `a lease ended ${lateMs} ms late`);
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
