import type { Logger } from "pino";
import { networkOf } from "../core/network.ts";
import { setNewest } from "../protocols/newest.ts";
import type { Clock } from "./clock.ts";

/**
 * Counts locks that end with their connection as soon as they are granted, and says so when that happens to an address
 * again and again. A proxy that opens a connection for each call does that: the client is told that it has the lock,
 * and has lost it.
 */
export interface BriefGrants {
  /** The address is the client's, or the proxy's. */
  note(address: string | undefined): void;
  readonly total: number;
}

/** So many within the window are no accident. */
const repeatedMin = 3;

/** Also the time from one line of the log about an address to the next. */
const windowMs = 60_000;

/** Addresses that are remembered; beyond them the oldest is forgotten. */
const networksMax = 1_000;

interface Window {
  readonly beganMs: number;
  grants: number;
}

export function createBriefGrants(
  { nowMs }: Pick<Clock, "nowMs">,
  logger: Pick<Logger, "warn">,
): BriefGrants {
  const windows = new Map<string, Window>();
  let total = 0;

  function windowOf(network: string): Window {
    const known = windows.get(network);
    if (known !== undefined && nowMs() - known.beganMs < windowMs) return known;
    const window = { beganMs: nowMs(), grants: 0 };
    setNewest(windows, network, window, networksMax);
    return window;
  }

  return {
    note(address) {
      total += 1;
      if (address === undefined) return;
      const window = windowOf(networkOf(address));
      window.grants += 1;
      if (window.grants === repeatedMin) logger.warn({ remoteAddress: address }, likelyReason);
    },
    get total() {
      return total;
    },
  };
}

const likelyReason =
  "locks of gRPC clients end with their connections as soon as they are granted: a proxy between them seems to open a connection for each call; see docs/operating/proxies.md";
