import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";

export interface KeepaliveOptions {
  readonly clock: Clock;
  /** Between two pings, and from the beginning to the first. */
  readonly intervalMs: number;
  /** For the peer to answer a ping. */
  readonly timeoutMs: number;
  /** The peer is not there any more. */
  silent(): void;
}

/**
 * Pings the peer, since a machine that vanished says no goodbye. Bytes of any kind count as an answer. The
 * function returned ends it.
 */
export function keepAlive(
  session: Http2Session,
  socket: Socket,
  { clock, intervalMs, timeoutMs, silent }: KeepaliveOptions,
): () => void {
  let cancel = clock.after(intervalMs, ping);

  function ping(): void {
    const bytesReadAtPing = socket.bytesRead;
    const isQuiet = () => socket.bytesRead === bytesReadAtPing;
    session.ping(() => {});
    cancel = clock.after(timeoutMs, () => {
      // After a stop of our own the answer may be there and not read: timers come before sockets.
      cancel = clock.soon(() => {
        if (isQuiet()) silent();
        else cancel = clock.after(Math.max(0, intervalMs - timeoutMs), ping);
      });
    });
  }

  return () => cancel();
}
