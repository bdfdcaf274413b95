import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";

export interface KeepaliveOptions {
  readonly clock: Clock;
  /** Between two pings, and before the first. */
  readonly intervalMs: number;
  /** For the client to answer a ping. */
  readonly timeoutMs: number;
  /** Whether the connection is read. Otherwise an answer may wait in the kernel. */
  isRead(): boolean;
  /** The client did not answer. */
  silent(): void;
}

/**
 * Pings the client, because a machine that vanishes never closes its connection. Bytes of any kind
 * count as an answer. The returned function stops the pings.
 */
export function keepAlive(
  session: Http2Session,
  socket: Socket,
  { clock, intervalMs, timeoutMs, isRead, silent }: KeepaliveOptions,
): () => void {
  let cancel = clock.after(intervalMs, ping);

  function ping(): void {
    // The session has closed, and the client does not close the connection.
    if (session.destroyed) {
      silent();
      return;
    }
    const bytesReadAtPing = socket.bytesRead;
    const isQuiet = () => socket.bytesRead === bytesReadAtPing && isRead();
    session.ping(() => {});
    cancel = clock.after(timeoutMs, () => {
      // If this process stood still, the answer may be waiting unread: Node runs timers before sockets.
      cancel = clock.soon(() => {
        if (isQuiet()) silent();
        else cancel = clock.after(Math.max(0, intervalMs - timeoutMs), ping);
      });
    });
  }

  return () => cancel();
}
