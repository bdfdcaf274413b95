import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";

/**
 * Sends the last bytes on a connection and ends it. For at most `lingerMs` the server reads and drops
 * further input: closing a socket over unread bytes resets the connection, and the reset can discard
 * the last bytes too (RFC 9112, section 9.6). Does nothing when the connection has already ended.
 */
export function farewell(
  socket: Socket,
  lastBytes: string | Uint8Array,
  { clock, lingerMs }: { readonly clock: Clock; readonly lingerMs: number },
): void {
  if (socket.writableEnded || socket.destroyed) return;
  const cancel = clock.after(lingerMs, () => socket.destroy());
  socket.once("close", cancel);
  socket.end(lastBytes);
  socket.resume();
}
