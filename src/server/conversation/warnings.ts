import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { createLogInterval } from "../log-interval.ts";

/** Faults of the peers of one API, with their text in the log. */
const words = {
  rubbish: "a client sent only rubbish",
  subscription_refused: "a client asked for too many subscriptions, or too long ones",
} as const;

/** Logs each reason at most once a second. */
export interface Warnings {
  warn(reason: keyof typeof words, details: Readonly<Record<string, unknown>>): void;
}

export interface WarningsOptions {
  readonly api: string;
  readonly clock: Pick<Clock, "nowMs">;
  readonly logger: Logger;
}

export function createWarnings({ api, clock, logger }: WarningsOptions): Warnings {
  const mayLog = createLogInterval(clock);
  return {
    warn(reason, details) {
      if (mayLog(reason)) logger.warn({ reason, api, ...details }, words[reason]);
    },
  };
}
