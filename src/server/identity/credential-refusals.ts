import type { Logger } from "pino";
import type { CredentialsFault } from "../../protocols/identity.ts";
import type { Clock } from "../clock.ts";
import { createLogInterval } from "../log-interval.ts";

/** Counts the refusals of clients because of their credentials, and tells operators of some. */
export interface CredentialRefusals {
  note(refusal: CredentialRefusal): void;
  /** Since the start, by API and reason. */
  counts(): Iterable<CredentialRefusalCount>;
}

export interface CredentialRefusal {
  readonly api: string;
  readonly reason: CredentialsFault;
  readonly remoteAddress: string;
}

export interface CredentialRefusalCount {
  readonly api: string;
  readonly reason: CredentialsFault;
  readonly count: number;
}

export interface CredentialRefusalsOptions {
  readonly clock: Pick<Clock, "nowMs">;
  readonly logger: Logger;
}

export function createCredentialRefusals(options: CredentialRefusalsOptions): CredentialRefusals {
  const { clock, logger } = options;
  const counts = new Map<string, CredentialRefusalCount>();
  const mayLog = createLogInterval(clock);
  return {
    note(refusal) {
      const { api, reason } = refusal;
      const key = `${api} ${reason}`;
      counts.set(key, { api, reason, count: 1 + (counts.get(key)?.count ?? 0) });
      if (reason === "missing" || !mayLog("refused")) return;
      logger.warn(refusal, "a client was refused because of its credentials");
    },
    counts: () => counts.values(),
  };
}
