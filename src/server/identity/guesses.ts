import { networkOf } from "../../core/network.ts";
import { setNewest } from "../../protocols/newest.ts";

/**
 * Counts wrong guesses per address and says how long the next attempt has to wait. The first few cost nothing;
 * from then on each doubles the wait. An address without a wrong guess for a while starts anew.
 */
export interface Guesses {
  /** Ms until an attempt from this address may be judged; 0: now. */
  waitMs(address: string): number;
  /** A wrong guess came from this address. */
  count(address: string): void;
}

export interface GuessLimits {
  /** Wrong guesses of one address that cost nothing. */
  readonly freeMax: number;
  readonly waitMsMin: number;
  readonly waitMsMax: number;
  /** An address is forgotten after this long without a wrong guess. */
  readonly forgetMs: number;
  /** Addresses that are remembered; beyond them the oldest is forgotten. */
  readonly addressesMax: number;
  /** What is remembered of an address, or of whatever else guesses are counted for. */
  readonly keyOf: (address: string) => string;
}

export const guessLimitsDefault: GuessLimits = {
  freeMax: 100,
  waitMsMin: 250,
  waitMsMax: 5_000,
  forgetMs: 10 * 60_000,
  addressesMax: 10_000,
  keyOf: networkOf,
};

interface Record {
  readonly wrong: number;
  readonly atMs: number;
}

export function createGuesses(nowMs: () => number, limits: Partial<GuessLimits> = {}): Guesses {
  const all = { ...guessLimitsDefault, ...limits };
  const { freeMax, waitMsMin, waitMsMax, forgetMs, addressesMax, keyOf } = all;
  /** The address with the oldest wrong guess comes first. */
  const records = new Map<string, Record>();

  function known(key: string): Record | undefined {
    const record = records.get(key);
    if (record !== undefined && nowMs() - record.atMs < forgetMs) return record;
    records.delete(key);
    return undefined;
  }

  return {
    waitMs(address) {
      const record = known(keyOf(address));
      if (record === undefined || record.wrong <= freeMax) return 0;
      const waitMs = Math.min(waitMsMax, waitMsMin * 2 ** (record.wrong - freeMax - 1));
      return Math.max(0, record.atMs + waitMs - nowMs());
    },
    count(address) {
      const key = keyOf(address);
      const wrong = (known(key)?.wrong ?? 0) + 1;
      setNewest(records, key, { wrong, atMs: nowMs() }, addressesMax);
    },
  };
}
