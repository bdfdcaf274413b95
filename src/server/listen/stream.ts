import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { pieceOf, rememberLast, utf8 } from "./byte-string.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import type { Guest } from "./entrance.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusals } from "./refusals.ts";
import { jsonError } from "./responses.ts";
import {
  closeStream,
  openStream,
  type StreamConnection,
  type StreamOptions,
  sweepStream,
} from "./stream-connection.ts";

/** Serves byte streams: connections whose bytes the routes read by themselves. */
export interface StreamSide {
  /**
   * Serves the stream, or refuses it with an error that a client of a JSON stream can parse. The stream's
   * first bytes are unread.
   */
  take(guest: Omit<Guest, "beyond">): void;
  /** Closes every stream and ends the sweeps. */
  close(): void;
  /** The streams that have not closed yet. */
  open(): Iterable<Socket>;
  counts(): StreamCounts;
}

export interface StreamCounts {
  readonly streamsOpen: number;
  readonly streamBytesReceivedTotal: number;
  readonly streamBytesSentTotal: number;
}

/** The kernel counts in seconds. */
const keepAliveMsMin = 1000;

export function createStreamSide(
  options: ListenerOptions,
  refusals: Refusals,
  endOfTurn: EndOfTurn,
): StreamSide {
  const { routes, limits, timeouts, logger, clock } = options;
  const connections = new Map<Socket, StreamConnection>();
  const bytes = { received: 0, sent: 0 };
  const shared: StreamOptions = {
    endOfTurn,
    bytes,
    refusals,
    logger,
    clock,
    closeMs: timeouts.closeMs,
    unsentBytesMax: limits.unsentBytesMax,
    encode: rememberLast((data) => pieceOf(typeof data === "string" ? utf8(data) : data)),
  };
  const stopSweeping = clock.every(timeouts.pingIntervalMs, () => {
    for (const connection of connections.values()) sweepStream(connection, shared);
  });

  function take({ speaker: stream, connection, account }: Omit<Guest, "beyond">): void {
    const remoteAddress = clientAddressOf(stream);
    try {
      const isEncrypted = stream instanceof TLSSocket;
      const accept = routes.stream?.({ remoteAddress, isEncrypted });
      if (accept === undefined) {
        refuse(stream);
        return;
      }
      // A raw stream has no pings; a machine that vanishes is found by TCP's own.
      connection.setKeepAlive(true, Math.max(keepAliveMsMin, timeouts.pingIntervalMs));
      stream.once("close", () => connections.delete(stream));
      connections.set(stream, openStream({ socket: stream, account }, accept, shared));
    } catch (error) {
      logger.error({ err: error, remoteAddress }, "a stream was not opened");
      stream.destroy();
    }
  }

  function refuse(stream: Socket): void {
    refusals.note("json_stream", { remoteAddress: clientAddressOf(stream) });
    farewell(stream, notServed, { clock, lingerMs: timeouts.closeMs });
  }

  return {
    take,
    close() {
      stopSweeping();
      for (const connection of connections.values()) closeStream(connection, shared);
    },
    open: () => connections.keys(),
    counts: () => ({
      streamsOpen: connections.size,
      streamBytesReceivedTotal: bytes.received,
      streamBytesSentTotal: bytes.sent,
    }),
  };
}

const notServed = jsonError("JSON streams are not served on this port; use HTTP or WebSocket");
