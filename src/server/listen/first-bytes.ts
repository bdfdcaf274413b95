import type { Socket } from "node:net";

/** The result of judging the first bytes of a connection. */
export interface Judgement<T> {
  readonly value: T;
  /** As many of the bytes are done with; the next reader begins behind them. */
  readonly bytesTaken: number;
}

/**
 * Reads until `judge` has enough bytes, of which it gets all so far, and puts back those that it does not
 * take. Destroys the socket if the client ends it earlier. Calls `done` with the socket paused; the next
 * reader resumes it.
 */
export function awaitFirstBytes<T>(
  socket: Socket,
  judge: (bytes: Buffer) => Judgement<T> | undefined,
  done: (value: T) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);

  function read(chunk: Buffer): void {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const judgement = judge(bytes);
    if (judgement === undefined) return;
    socket.off("data", read);
    socket.off("end", drop);
    socket.pause();
    const rest = bytes.subarray(judgement.bytesTaken);
    if (rest.length > 0) socket.unshift(rest);
    done(judgement.value);
  }

  function drop(): void {
    socket.destroy();
  }

  socket.on("data", read);
  socket.on("end", drop);
  socket.resume();
}

export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}

/** The bytes so far agree with the start, which is longer. */
export function isBeginningOf(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length < start.length && bytes.every((byte, index) => byte === start[index]);
}
