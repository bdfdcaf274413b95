import type { Socket } from "node:net";
import type { ByteString, Piece } from "./byte-string.ts";
import type { EndOfTurn } from "./end-of-turn.ts";

/**
 * Gathers the pieces that one connection sends in a turn of the event loop, writes them as one, and watches
 * how well the client keeps up with reading.
 */
export interface Outbox {
  push(piece: Piece): void;
  /** Writes the pushed pieces now. */
  flush(): void;
  /** More than `unsentBytesMax` were unread at some write, and the client has not read everything since. */
  isCongested(): boolean;
  /** Called once per ping interval. Returns whether the congestion has lasted since the last call. */
  sweep(): boolean;
}

export interface OutboxOptions {
  readonly endOfTurn: EndOfTurn;
  readonly flow: Flow;
  readonly unsentBytesMax: number;
}

/** Learns how well the client keeps up with reading. */
export interface Flow {
  /** `isCongested` has changed. */
  turned(): void;
  /** Too much is unread to wait any longer: end the connection. */
  overflowing(): void;
}

/** At this many times the limit the connection ends at once. */
const overflowFactor = 4;

export function createOutbox(
  socket: Socket,
  { endOfTurn, flow, unsentBytesMax }: OutboxOptions,
): Outbox {
  let pending: ByteString = "";
  /** `old` once a sweep has seen it. */
  let congestion: "none" | "recent" | "old" = "none";

  function push(piece: Piece): void {
    if (typeof piece !== "string") {
      flush();
      write(piece);
      return;
    }
    if (pending === "") endOfTurn.add(flush);
    pending += piece;
    if (pending.length > unsentBytesMax) flush();
  }

  function flush(): void {
    if (pending === "") return;
    const pieces = pending;
    pending = "";
    write(pieces);
  }

  function write(pieces: Piece): void {
    if (!socket.writable) return;
    socket.write(pieces, "latin1");
    if (socket.writableLength > overflowFactor * unsentBytesMax) flow.overflowing();
    else if (socket.writableLength > unsentBytesMax && congestion === "none") turn("recent");
  }

  function turn(next: "none" | "recent"): void {
    congestion = next;
    flow.turned();
  }

  socket.on("drain", () => {
    if (congestion !== "none") turn("none");
  });
  return {
    push,
    flush,
    isCongested: () => congestion !== "none",
    sweep() {
      if (congestion === "old") return true;
      if (congestion === "recent") congestion = "old";
      return false;
    },
  };
}
