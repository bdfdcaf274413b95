import type { Logger } from "pino";
import type { State } from "../core/apply.ts";
import { clientBytesMax } from "../core/limits.ts";
import type { Notice } from "../core/notice.ts";
import { createLogInterval } from "./log-interval.ts";

/** Knows how full the state is, and logs what operators should know of that. */
export interface RoomWatch {
  /** Takes a change of the state that this node has applied. */
  noticed(notice: Notice): void;
  /** Logs the changes since the last call, at most once a second. */
  look(): void;
  /** Sessions that have made room for others since the start. */
  readonly displacedTotal: number;
}

export interface RoomWatchOptions {
  readonly state: State;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly logger: Pick<Logger, "warn" | "info">;
}

/** From here on the state counts as nearly full, until it is well below. */
const fullPart = 0.95;
const roomyPart = 0.85;

export function watchRoom({ state, nowMs, logger }: RoomWatchOptions): RoomWatch {
  const mayLog = createLogInterval({ nowMs });
  let isFull = false;
  let displacedTotal = 0;
  let displacedLogged = 0;
  let lastAddress: string | undefined;

  function lookAtBytes(): void {
    const { bytes } = state.holdings;
    const bytesMax = clientBytesMax(state.limits);
    const figures = { stateBytes: bytes, stateBytesMax: state.limits.stateBytesMax };
    if (!isFull && bytes > fullPart * bytesMax) {
      isFull = true;
      logger.warn(figures, "the state is nearly full");
    } else if (isFull && bytes < roomyPart * bytesMax) {
      isFull = false;
      logger.info(figures, "the state has room again");
    }
  }

  function lookAtSessions(): void {
    const sessions = displacedTotal - displacedLogged;
    if (sessions === 0 || !mayLog("displaced")) return;
    displacedLogged = displacedTotal;
    logger.warn({ sessions, address: lastAddress }, "new sessions displace idle ones");
  }

  return {
    noticed(notice) {
      if (notice.type !== "session_displaced") return;
      displacedTotal += 1;
      lastAddress = notice.address;
    },
    look() {
      lookAtBytes();
      lookAtSessions();
    },
    get displacedTotal() {
      return displacedTotal;
    },
  };
}
