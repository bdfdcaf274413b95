import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { clientAddressOf } from "./client-address.ts";
import { createEndOfTurn } from "./end-of-turn.ts";
import { createEntrance } from "./entrance.ts";
import { createHosts } from "./hosts.ts";
import { createHttpSide } from "./http.ts";
import { createHttp2Side } from "./http2.ts";
import type { ListenerOptions } from "./options.ts";
import { openPort } from "./port.ts";
import { createRefusals, type Refusal, type Refusals } from "./refusals.ts";
import { createStreamSide } from "./stream.ts";
import { createWebSocketSide } from "./websocket.ts";

export type { Clock } from "../clock.ts";
export type { CallHandler, CallHead, CallSocket } from "./calls.ts";
export type { MessageHandler, MessageSocket } from "./messages.ts";
export {
  type ListenerLimits,
  type ListenerOptions,
  type ListenerTimeouts,
  listenerLimitsDefault,
  listenerTimeoutsDefault,
} from "./options.ts";
export type { Refusal } from "./refusals.ts";
export { internalError, noUpgrades } from "./responses.ts";
export type { AcceptStream, HttpClient, Routes, StreamClient } from "./routes.ts";

/**
 * One port. The first bytes of a connection select its protocol:
 *
 *   accepted ──caps──▶ refused, or in the reserve for operators (reserve.ts)
 *      │ the header of a proxy and TLS, where they are configured, and first bytes (entrance.ts)
 *      ├── TLS where none is configured ──▶ refused
 *      ├── stream (stream.ts) ──▶ routes.stream ──▶ bytes
 *      ├── HTTP/2 (http2.ts) ──▶ gRPC call ──▶ routes.calls
 *      │        └── request ──▶ routes.http
 *      └── HTTP/1.1 (http.ts) ──▶ request ──▶ routes.http
 *               └── upgrade (websocket.ts) ──▶ routes.upgrade ──▶ messages
 */
export interface Listener {
  /** The bound addresses: a name stands for all that it has. */
  readonly hosts: readonly string[];
  /** The bound port, also when the options said 0. */
  readonly port: number;
  status(): ListenerStatus;
  /**
   * Writes the messages queued on each WebSocket and stream in this turn of the event loop, one write a
   * socket. They would leave at the end of the turn anyway; a flush after each batch sends its answers at once.
   */
  flush(): void;
  /**
   * Accepts no new connections, requests or upgrades from now on, and closes idle connections.
   * Requests in flight still get their answers, and WebSockets and streams stay open.
   */
  stopAccepting(): void;
  /**
   * Stops accepting, waits for the goodbyes of all conversations, closes the WebSockets that are still open with
   * 1001 and the streams, and waits for every connection to end. After `closeMs` in all it cuts the rest. Resolves
   * once all have ended and their handlers have been called.
   */
  close(goodbyes?: Promise<unknown>): Promise<void>;
}

/** For metrics; totals run from the opening of the listener. */
export interface ListenerStatus {
  /** Connections of every kind, WebSockets and streams included. */
  readonly connectionsOpen: number;
  readonly webSocketsOpen: number;
  readonly streamsOpen: number;
  /** Connections within the caps. */
  readonly acceptedTotal: number;
  /** HTTP requests that reached the routes, without upgrades. */
  readonly requestsTotal: number;
  /** gRPC calls in progress. */
  readonly callsOpen: number;
  readonly callsTotal: number;
  /** Messages over WebSockets. */
  readonly messagesReceivedTotal: number;
  readonly messagesSentTotal: number;
  /** Bytes over streams, without those of TLS. */
  readonly streamBytesReceivedTotal: number;
  readonly streamBytesSentTotal: number;
  /** Connections and requests that the listener itself refused or cut, by reason. */
  readonly refusedTotal: Readonly<Record<Refusal, number>>;
}

/** Rejects with the operating system's error and its `code`: EADDRINUSE, EACCES, ENOTFOUND, … */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { timeouts, logger, clock } = options;
  const port = await openPort({
    host: options.host,
    port: options.port,
    // For example, no file descriptor is left. The listener keeps accepting.
    failed: (error) => logger.error({ err: error }, "a connection was not accepted"),
  });

  const refusals = createRefusals(logger, clock);
  const endOfTurn = createEndOfTurn();
  const webSockets = createWebSocketSide(options, refusals, endOfTurn);
  const streams = createStreamSide(options, refusals, endOfTurn);
  const hosts = createHosts(port.hosts, options.allowedHosts);
  const http = createHttpSide(options, refusals, { hosts, upgrade: webSockets.upgrade });
  const http2 = createHttp2Side(options, refusals, hosts);
  const entrance = createEntrance(options, refusals, (guest, opening) => {
    const { speaker, beyond } = guest;
    if (opening === "http1") http.take(guest);
    else if (opening === "http2") http2.take(guest);
    else if (beyond !== undefined) entrance.turnAway(speaker, beyond);
    else if (opening === "stream") streams.take(guest);
    else refuseTls(speaker, refusals);
  });

  port.begin((connection) => {
    // 'close' follows every 'error' and does the work.
    connection.on("error", () => {});
    entrance.take(connection);
  });

  function stopAccepting(): void {
    port.close();
    http.stop();
    http2.stop();
    webSockets.stop();
    entrance.stop();
  }

  async function close(goodbyes?: Promise<unknown>): Promise<void> {
    stopAccepting();
    const cancel = clock.after(timeouts.closeMs, () => {
      for (const connection of entrance.open) connection.destroy();
    });
    if (goodbyes !== undefined) await goodbyes;
    webSockets.close();
    streams.close();
    const open = [...entrance.open, ...webSockets.open(), ...streams.open()];
    await Promise.all([port.ended, ...open.map(closing)]);
    cancel();
    http.close();
  }

  return {
    hosts: port.hosts,
    port: port.port,
    flush: endOfTurn.run,
    stopAccepting,
    close,
    status: () => ({
      connectionsOpen: entrance.open.size,
      acceptedTotal: entrance.acceptedTotal(),
      requestsTotal: http.requestsTotal() + http2.requestsTotal(),
      ...webSockets.counts(),
      ...streams.counts(),
      ...http2.counts(),
      refusedTotal: { ...refusals.totals },
    }),
  };
}

/** The client speaks TLS to a port without it, or inside TLS. */
function refuseTls(socket: Socket, refusals: Refusals): void {
  refusals.note("tls", { remoteAddress: clientAddressOf(socket) });
  socket.destroy();
}

function closing(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => emitter.once("close", resolve));
}
