import type { Socket } from "node:net";
import type { ByteString } from "./frames.ts";
import type { Turn } from "./turn.ts";

/** Gathers what is sent on one connection in a turn of the event loop, and writes it as one. */
export interface Outbox {
  push(frame: ByteString | Buffer): void;
  /** Writes now what was pushed. */
  flush(): void;
}

/** How the peer keeps up with reading. */
export interface Flow {
  /** More than `unsentBytesMax` wait to be read; told again with each write until `drained`. */
  congested(): void;
  /** Everything was read. */
  drained(): void;
  /** More waits than anyone should keep: end the connection. */
  overflowing(): void;
}

/** A peer that leaves this many times the limit unread is not waited for. */
const overflowFactor = 4;

export function createOutbox(
  socket: Socket,
  { turn, flow, unsentBytesMax }: { turn: Turn; flow: Flow; unsentBytesMax: number },
): Outbox {
  let pending: ByteString = "";

  function push(frame: ByteString | Buffer): void {
    if (typeof frame !== "string") {
      flush();
      write(frame);
      return;
    }
    if (pending === "") turn.add(flush);
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
