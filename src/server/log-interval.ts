import type { Clock } from "./clock.ts";

/** Whether a line of this kind may go into the log now; then no other of its kind may within a second. */
export type LogInterval = (kind: string) => boolean;

const intervalMs = 1000;

/** Clients decide how often some lines come up, and must not fill the log with them. */
export function createLogInterval({ nowMs }: Pick<Clock, "nowMs">): LogInterval {
  const loggedAtMs = new Map<string, number>();
  return (kind) => {
    const now = nowMs();
    const lastMs = loggedAtMs.get(kind);
    if (lastMs !== undefined && now < lastMs + intervalMs) return false;
    loggedAtMs.set(kind, now);
    return true;
  };
}
