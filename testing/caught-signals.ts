import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

export type Signal = "SIGHUP" | "SIGINT" | "SIGTERM";

/** Whether the process has a handler for the signal; proc(5). */
export function isCaught(pid: number, signal: Signal): boolean {
  const mask = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** Before the first line of a program nothing can. Resolves when the process has a handler; rejects when it is gone. */
export async function untilCaught(pid: number, signal: Signal): Promise<void> {
  while (!isCaught(pid, signal)) await sleep(1);
}
