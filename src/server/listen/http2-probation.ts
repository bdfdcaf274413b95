import { setNewest } from "../../protocols/newest.ts";
import type { Clock } from "../clock.ts";

/**
 * Addresses that have misused HTTP/2 lately. Their new connections begin one after the other, some time apart: Node
 * opens all streams of the first bytes in one go, and http2-conduct.ts counts anew for each connection, so a client
 * that comes back as soon as it is cut could make as much work as it likes.
 *
 *   connection of any other address ──▶ begins at once
 *   connection of one of these ──▶ waits for its place ──▶ begins, and the next one `apartMs` later
 *                                        └── too many wait before it ──▶ turned away
 */
export interface Probation {
  /** A connection of the address was cut for misuse. `undefined`, here and below: a proxy that speaks for itself. */
  extend(network: string | undefined): void;
  /** Runs `begin` once a new connection of the address may begin. Returns whether it will. */
  admit(network: string | undefined, begin: () => void): boolean;
}

/** Time from the last misuse until new connections begin at once again, in ms. */
export const probationMs = 10_000;

/** Time from the beginning of one connection to that of the next, in ms. */
export const apartMs = 250;

/** The longest wait, in ms. */
export const waitMsMax = 5_000;

/** Addresses that are remembered; beyond them the oldest is forgotten. */
const networksMax = 10_000;

interface Term {
  readonly endMs: number;
  /** From when on the next connection may begin. */
  nextMs: number;
}

export function createProbation(clock: Pick<Clock, "nowMs" | "after">): Probation {
  const terms = new Map<string, Term>();

  function termOf(network: string, nowMs: number): Term | undefined {
    const term = terms.get(network);
    if (term === undefined || nowMs < term.endMs) return term;
    terms.delete(network);
    return undefined;
  }

  return {
    extend(network) {
      if (network === undefined) return;
      const nowMs = clock.nowMs();
      const nextMs = termOf(network, nowMs)?.nextMs ?? nowMs + apartMs;
      setNewest(terms, network, { endMs: nowMs + probationMs, nextMs }, networksMax);
    },
    admit(network, begin) {
      const nowMs = clock.nowMs();
      const term = network === undefined ? undefined : termOf(network, nowMs);
      const waitMs = Math.max(0, (term?.nextMs ?? 0) - nowMs);
      if (waitMs > waitMsMax) return false;
      if (term !== undefined) term.nextMs = nowMs + waitMs + apartMs;
      if (waitMs === 0) begin();
      else clock.after(waitMs, begin);
      return true;
    },
  };
}
