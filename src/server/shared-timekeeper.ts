import type { TimeMs } from "../core/ids.ts";
import type { Timekeeper, TimeSources } from "./timekeeper.ts";

/**
 * The time of a log that several nodes share: the wall clock at the beginning, from then on the monotonic clock,
 * and never behind an entry of any node. Nothing is given back. While this node was stopped, time went on at the
 * others; if it counted from an earlier moment now, the next entry of another node would end the leases that it
 * grants before their time. It is the clients' part to renew at another node meanwhile.
 */
export function createSharedTimekeeper({
  wallNowMs,
  nowMs,
}: Pick<TimeSources, "wallNowMs" | "nowMs">): Timekeeper {
  /** The log's time minus the monotonic clock. */
  let offset: number | undefined;

  function now(): TimeMs {
    const monotonic = nowMs();
    offset ??= wallNowMs() - monotonic;
    return Math.floor(offset + monotonic) as TimeMs;
  }

  return {
    now,
    begin(at) {
      offset = Math.max(now(), wallNowMs(), at) - nowMs();
    },
    follow(at) {
      if (at <= now()) return false;
      offset = at - nowMs();
      return true;
    },
    hold() {},
    goOn() {},
    giveBack() {},
    givenBackMs: 0,
    stoppedMs: 0,
    lagMs: 0,
    aheadMs: () => now() - wallNowMs(),
    wallMsOf: (at) => at + wallNowMs() - now(),
  };
}
