/** Disturbances that keep a server from its work. The oracle expects deadlines to be met only by a calm server. */
export interface Calm {
  /** Begins a disturbance, which ends when the returned function is called. */
  disturb(): () => void;
  /** Adds a disturbance that ends at that moment at the latest. */
  disturbUntil(atMs: number): void;
  /**
   * Lets the server be late until the returned function is called, and for some time after it. Unlike a disturbance
   * this is no excuse for anything later: the log's time must have gone on meanwhile.
   */
  delay(): () => void;
  /** The end of the last disturbance; `undefined` while there is one or a delay, and for some time after it. */
  sinceMs(): number | undefined;
}

/** Time after a disturbance during which a server may still be late. */
const calmAfterMs = 2_500;

/** Time after a delay during which a server may still be late. */
const delayedAfterMs = 250;

export function createCalm(nowMs: () => number): Calm {
  let disturbances = 0;
  let disturbedAtMs = 0;
  let delays = 0;
  let delayedUntilMs = 0;
  return {
    disturb() {
      disturbances += 1;
      return () => {
        disturbances -= 1;
        disturbedAtMs = Math.max(disturbedAtMs, nowMs());
      };
    },
    disturbUntil(atMs) {
      disturbedAtMs = Math.max(disturbedAtMs, atMs);
    },
    delay() {
      delays += 1;
      return () => {
        delays -= 1;
        delayedUntilMs = nowMs() + delayedAfterMs;
      };
    },
    sinceMs() {
      if (disturbances > 0 || nowMs() - disturbedAtMs <= calmAfterMs) return undefined;
      return delays > 0 || nowMs() <= delayedUntilMs ? undefined : disturbedAtMs;
    },
  };
}
