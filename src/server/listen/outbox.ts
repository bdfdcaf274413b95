import type { Socket } from "node:net";
import type { EndOfTurn } from "./end-of-turn.ts";
import type { ByteString } from "./frames.ts";

/** Gathers the frames of one connection in a turn of the event loop and writes them as one. */
export interface Outbox {
  push(frame: ByteString | Buffer): void;
  /** Writes the pushed frames now. */
  flush(): void;
}

export interface OutboxOptions {
  readonly endOfTurn: EndOfTurn;
  readonly flow: Flow;
  readonly unsentBytesMax: number;
}

/** How well the client keeps up with reading. */
export interface Flow {
  /** More than `unsentBytesMax` are unread; called again at each write until `drained`. */
  congested(): void;
  /** The client has read everything. */
  drained(): void;
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

  function push(frame: ByteString | Buffer): void {
    if (typeof frame !== "string") {
      flush();
      write(frame);
      return;
    }
    if (pending === "") endOfTurn.add(flush);
    pending += frame;
    if (pending.length > unsentBytesMax) flush();
  }

  function flush(): void {
    if (pending === "") return;
    const frames = pending;
    pending = "";
    write(frames);
  }

  function write(frames: ByteString | Buffer): void {
    if (!socket.writable) return;
    socket.write(frames, "latin1");
    if (socket.writableLength > overflowFactor * unsentBytesMax) flow.overflowing();
    else if (socket.writableLength > unsentBytesMax) flow.congested();
  }

  socket.on("drain", flow.drained);
  return { push, flush };
}
