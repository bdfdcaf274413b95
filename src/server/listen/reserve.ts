import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import type { Refusal } from "./refusals.ts";

/**
 * The connections beyond a cap that may still ask for a page for operators, so that probes and scrapes are answered when
 * clients have taken all others:
 *
 *   beyond a cap ──a place is free, or its holder has had `patienceMs`──▶ in the reserve ──▶ one page, or 503
 *       └── no place ──▶ turned away
 */
export interface Reserve {
  /** Gives the connection a place until it closes, and returns whether there was one. */
  enter(socket: Socket, refusal: Refusal): boolean;
  /** Cuts all of them. */
  close(): void;
}

/** The time for a probe to be answered, before its place may go to the next connection. */
const patienceMs = 250;

interface Place {
  readonly sinceMs: number;
  readonly refusal: Refusal;
}

export function createReserve(
  placesMax: number,
  clock: Pick<Clock, "nowMs">,
  cut: (socket: Socket, refusal: Refusal) => void,
): Reserve {
  /** In the order of their arrival. */
  const places = new Map<Socket, Place>();

  /** Whether a place is free now, because the oldest connection has had its time. */
  function makeRoom(nowMs: number): boolean {
    const [oldest] = places;
    if (oldest === undefined) return false;
    const [socket, { sinceMs, refusal }] = oldest;
    if (nowMs - sinceMs < patienceMs) return false;
    places.delete(socket);
    cut(socket, refusal);
    return true;
  }

  return {
    enter(socket, refusal) {
      const nowMs = clock.nowMs();
      if (places.size >= placesMax && !makeRoom(nowMs)) return false;
      places.set(socket, { sinceMs: nowMs, refusal });
      socket.once("close", () => places.delete(socket));
      return true;
    },
    close() {
      for (const socket of places.keys()) socket.destroy();
    },
  };
}
