/** Disturbances that keep a server from its work. The oracle expects deadlines to be met only by a calm server. */
export interface Calm {
  /** Begins a disturbance, which ends when the returned function is called. */
  disturb(): () => void;
  /** Adds a disturbance that ends at that moment at the latest. */
  disturbUntil(atMs: number): void;
  /** The end of the last disturbance; `undefined` while there is one, and for some time after it. */
  sinceMs(): number | undefined;
}

/** Time after a disturbance during which a server may still be late. */
const calmAfterMs = 2_500;

export function createCalm(nowMs: () => number): Calm {
  let disturbances = 0;
  let disturbedAtMs = 0;
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
    sinceMs: () =>
      disturbances === 0 && nowMs() - disturbedAtMs > calmAfterMs ? disturbedAtMs : undefined,
  };
}
