import type { Clock } from "../clock.ts";
import type { Peer } from "./peer.ts";

/** Finds the peers with which nothing was exchanged for as long as their conversations allow. */
export interface IdleWatch {
  /** There is a conversation that allows only so long. */
  begin(): void;
  end(): void;
}

/** From one look to the next. */
const lookMs = 10_000;

export function createIdleWatch(
  peers: ReadonlySet<Peer>,
  clock: Pick<Clock, "recentMs" | "every">,
  found: (peer: Peer) => void,
): IdleWatch {
  let stopLooking: (() => void) | undefined;

  function look(): void {
    const nowMs = clock.recentMs();
    for (const peer of peers) {
      const { idleMs } = peer.talk;
      if (idleMs !== undefined && nowMs - peer.lastMs > idleMs) found(peer);
    }
  }

  return {
    begin() {
      stopLooking ??= clock.every(lookMs, look);
    },
    end: () => stopLooking?.(),
  };
}
