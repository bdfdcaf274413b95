import type { Socket } from "node:net";
import type { Line } from "./http2-line.ts";
import type { Streams } from "./http2-streams.ts";

/**
 * One HTTP/2 connection as its last review found it: whether its client takes the answers, and whether the bytes
 * that it sends belong to requests. Both would be too expensive to watch call by call.
 */
export interface Watch {
  bytesReadSeen: number;
  takenSeen: number;
  bytesWrittenSeen: number;
  /** Since when there are answers that the client has not taken, and no progress. */
  stalledSinceMs: number;
  /** There were unread answers at the last review. */
  wasUnread: boolean;
}

/** The connection, as far as a review needs it. */
export interface Watched {
  readonly socket: Socket;
  readonly streams: Streams;
  readonly line: Line;
  readonly watch: Watch;
}

/** So many bytes written within the timeout are progress too, as of one large answer. Answers to pings are less. */
const progressBytes = 16 * 1024;

export function createWatch({ bytesRead, bytesWritten }: Socket, nowMs: number): Watch {
  return {
    bytesReadSeen: bytesRead,
    takenSeen: 0,
    bytesWrittenSeen: bytesWritten,
    stalledSinceMs: nowMs,
    wasUnread: false,
  };
}

/** Bytes since the last review that neither opened a stream nor brought data. */
export function countIdleBytes({ socket, streams, watch }: Watched): number {
  const { bytesRead } = socket;
  const idleBytes = bytesRead - watch.bytesReadSeen - streams.usefulBytes;
  watch.bytesReadSeen = bytesRead;
  streams.usefulBytes = 0;
  return idleBytes;
}

/** Whether the client has had unread answers for so long, and has not taken any. */
export function isStalled(
  { socket, streams, watch, line }: Watched,
  timeoutMs: number,
  nowMs: number,
): boolean {
  const isUnread = streams.unreadCount > 0;
  const isProgress =
    streams.takenTotal !== watch.takenSeen ||
    socket.bytesWritten > watch.bytesWrittenSeen + progressBytes;
  // A client that is not read cannot open its window.
  if (!isUnread || !watch.wasUnread || isProgress || line.isStopped) {
    watch.wasUnread = isUnread;
    watch.takenSeen = streams.takenTotal;
    watch.bytesWrittenSeen = socket.bytesWritten;
    watch.stalledSinceMs = nowMs;
    return false;
  }
  return nowMs - watch.stalledSinceMs >= timeoutMs;
}
