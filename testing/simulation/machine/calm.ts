/** Whether anything keeps a server from its work, or did so lately: only a calm server is held to its deadlines. */
export interface Calm {
  /** Something keeps the server from its work until the returned function is called. */
  disturb(): () => void;
  /** Something slow keeps the server from its work until then at the latest. */
  disturbUntil(atMs: number): void;
  /** Since when nothing has disturbed the server; `undefined` while something does, or did so lately. */
  sinceMs(): number | undefined;
}

/** How long after a disturbance a server may still be late. */
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
