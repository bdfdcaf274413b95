import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import type { HttpRequest, HttpResponse, MessageKind } from "../../protocols/protocol.ts";
import type { Clock } from "../clock.ts";
import type { Handshakes } from "../tls/tls.ts";
import { createAdmission } from "./admission.ts";
import type { CallHandler, CallSocket } from "./calls.ts";
import { farewell, jsonRefusal, plainResponse, rawResponse } from "./farewell.ts";
import { createHttpSide } from "./http.ts";
import { createHttp2Side } from "./http2.ts";
import { createReception } from "./reception.ts";
import { createRefusals, type Refusal } from "./refusals.ts";
import { createWebSocketSide } from "./websocket.ts";

export type { Clock } from "../clock.ts";
export type { CallHandler, CallHead, CallSocket } from "./calls.ts";
export type { Refusal } from "./refusals.ts";

/**
 * One port. The first bytes of a connection choose who speaks on it:
 *
 *   accepted ──cap──▶ refused
 *      │ TLS, where it is configured, and first bytes (reception.ts)
 *      ├── TLS, JSON stream ──▶ refused, in words its client understands
 *      ├── HTTP/2 (http2.ts) ──▶ gRPC call ──▶ routes.calls
 *      │        └── request ──▶ routes.http
 *      └── HTTP/1.1 (http.ts) ──▶ request ──▶ routes.http
 *               └── upgrade (websocket.ts) ──▶ routes.upgrade ──▶ messages
 */
export interface Listener {
  readonly host: string;
  /** The real one, also when port 0 was asked for. */
  readonly port: number;
  status(): ListenerStatus;
  /**
   * Writes now what was sent on WebSockets in this turn of the event loop, one write each. Without
   * it the writes happen at the end of the turn; with it a batch of answers leaves with the batch.
   */
  flush(): void;
  /**
   * No new connections, requests or upgrades from now on; idle ones are closed. Requests in flight
   * are answered, WebSockets go on.
   */
  stopAccepting(): void;
  /**
   * Stops accepting, closes the WebSockets that are still open with 1001, and waits for every
   * connection to end, at most `closeMs`; the rest is cut. Resolves when none is left and every handler knows.
   */
  close(): Promise<void>;
}

/** What the listener does not know itself: who answers what. */
export interface Routes {
  /**
   * Answers a plain request, now or later. Path and method rules belong to the routes; the body of
   * an answer to HEAD is dropped. Content-Length, Connection and Date are the listener's.
   */
  http(request: HttpRequest, client: HttpClient): HttpResponse | Promise<HttpResponse>;
  /**
   * Judges a WebSocket upgrade, without effects: a refusal, or the connection that speaks from now
   * on, which is called only when the Origin and the handshake are in order too.
   */
  upgrade(request: HttpRequest): HttpResponse | ((socket: MessageSocket) => MessageHandler);
  /** The subprotocol to be spoken, of those that the client offers; absent: none, which is no fault. */
  subprotocol?(path: string, offered: ReadonlySet<string>): string | undefined;
  /** Hears the gRPC calls of a connection, when its first one comes. Absent: no gRPC here. */
  calls?(socket: CallSocket): CallHandler;
}

export interface HttpClient {
  /** Runs when the client is gone before it had its answer. */
  whenGone(run: () => void): void;
  /**
   * Runs when it has ended its side of the connection. Nobody can tell then whether it still reads, as some
   * do who have said all, or is gone for good.
   */
  whenSilent(run: () => void): void;
}

/** What the server may do with one WebSocket connection. After its end all of it does nothing. */
export interface MessageSocket {
  /** Whether what is sent now has a chance to arrive. */
  isOpen(): boolean;
  /** Queued; everything queued in one turn of the event loop leaves as one write. */
  send(text: string): void;
  /**
   * Closes after what was sent; nothing is received from now on. The code is one that RFC 6455,
   * section 7.4 lets an endpoint send; a reason is cut at 123 bytes.
   */
  close(code: number, reason: string): void;
  /** Stops reading. Messages of the chunk at hand, 64 KiB at most, still arrive. */
  pause(): void;
  resume(): void;
}

export interface MessageHandler {
  /** A whole message; valid UTF-8 when it is text. The bytes are the handler's. */
  message(data: Buffer, kind: MessageKind): void;
  /** The connection is gone, for whatever reason; called exactly once, nothing comes after it. */
  closed(): void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** `undefined`: clear text. */
  readonly handshakes: Handshakes | undefined;
  readonly routes: Routes;
  readonly limits: ListenerLimits;
  readonly timeouts: ListenerTimeouts;
  /** Origins of browser pages that may open WebSockets besides our own; `*` allows all. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface ListenerLimits {
  /** Bytes of one WebSocket message, all its fragments together. */
  readonly messageBytesMax: number;
  /** Bytes of one HTTP request body. */
  readonly bodyBytesMax: number;
  /** Bytes of the request line and headers of one HTTP request. */
  readonly headerBytesMax: number;
  /**
   * Bytes a WebSocket peer may leave unread before we stop reading from it. It is closed with 1013
   * when that lasts for a ping interval, and at once at four times as many.
   */
  readonly unsentBytesMax: number;
  /** Bytes of all HTTP/2 requests of one connection together that are not whole. */
  readonly unfinishedBytesMax: number;
  /** gRPC calls and HTTP/2 requests of one connection at once; a client keeps back what is beyond. */
  readonly streamsMax: number;
  /** Pipelined HTTP requests waiting for their answer before we stop reading from the connection. */
  readonly pipelinedRequestsMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Connections beyond a cap that are told so at the same time; more are cut without a word. */
  readonly turnedAwayMax: number;
}

export const listenerLimitsDefault: ListenerLimits = {
  messageBytesMax: 1024 * 1024,
  bodyBytesMax: 1024 * 1024,
  headerBytesMax: 16 * 1024,
  unsentBytesMax: 1024 * 1024,
  unfinishedBytesMax: 4 * 1024 * 1024,
  streamsMax: 20_000,
  pipelinedRequestsMax: 64,
  connectionsMax: 50_000,
  connectionsPerAddressMax: 10_000,
  turnedAwayMax: 64,
};

export interface ListenerTimeouts {
  /** From accepting a connection until its first bytes, those inside its TLS, tell its protocol. */
  readonly firstByteMs: number;
  /** For the headers of an HTTP request, from its first byte. At most `requestMs`. */
  readonly headerMs: number;
  /** For a whole HTTP request, from its first byte; and for a peer to take an answer. */
  readonly requestMs: number;
  /** How long an HTTP connection may be idle between requests. */
  readonly keepAliveMs: number;
  /** Between pings; a WebSocket peer that stays silent from one to the next is cut. */
  readonly pingIntervalMs: number;
  /** Between pings of an HTTP/2 peer, and how long it may take to answer one before it is cut. */
  readonly http2PingIntervalMs: number;
  readonly http2PingTimeoutMs: number;
  /** For the peer to finish a close, after which the connection is cut. */
  readonly closeMs: number;
}

export const listenerTimeoutsDefault: ListenerTimeouts = {
  firstByteMs: 10_000,
  headerMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 60_000,
  pingIntervalMs: 30_000,
  http2PingIntervalMs: 60_000,
  http2PingTimeoutMs: 10_000,
  closeMs: 5_000,
};

/** For metrics; totals run from the opening of the listener. */
export interface ListenerStatus {
  /** Of every kind, WebSockets among them. */
  readonly connectionsOpen: number;
  readonly webSocketsOpen: number;
  /** Connections let in by the caps. */
  readonly acceptedTotal: number;
  /** HTTP requests handed to the routes, upgrades not among them. */
  readonly requestsTotal: number;
  /** gRPC calls that are not answered yet. */
  readonly callsOpen: number;
  readonly callsTotal: number;
  readonly messagesReceivedTotal: number;
  readonly messagesSentTotal: number;
  /** Connections and requests turned away or cut by the listener itself, by reason. */
  readonly refusedTotal: Readonly<Record<Refusal, number>>;
}

/** Connections that were accepted by the kernel and not yet by us; the kernel may cut it down. */
const backlog = 4096;

/** Rejects with the error of the operating system, its `code` in place: EADDRINUSE, EACCES, … */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { limits, timeouts, logger, clock } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await listening(server, options);

  const refusals = createRefusals(logger, clock);
  const admission = createAdmission(limits);
  const webSockets = createWebSocketSide(options, refusals);
  const http = createHttpSide(options, refusals, webSockets.upgrade);
  const http2 = createHttp2Side(options, refusals);
  const reception = createReception(options, refusals);
  let acceptedTotal = 0;
  /** Connections that are being told that they are too many. */
  let turnedAwayOpen = 0;

  const ended = closing(server);
  server.on("connection", accept);
  // Such as no file descriptor being left to accept with; the listener goes on.
  server.on("error", (error) => logger.error({ err: error }, "a connection was not accepted"));

  function accept(socket: Socket): void {
    // 'close' follows every 'error', and there is nothing else to do.
    socket.on("error", () => {});
    const refusal = admission.admit(socket);
    if (refusal !== undefined) turnAway(socket, refusal);
    else admit(socket);
  }

  function admit(socket: Socket): void {
    acceptedTotal += 1;
    reception.receive(socket, (speaker, opening) => {
      if (opening === "http1") http.take(speaker);
      else if (opening === "http2") http2.take(speaker);
      else disappoint(speaker, opening);
    });
  }

  /** No route speaks what this client does: it is told in its own words, as far as they go. */
  function disappoint(socket: Socket, opening: "tls" | "json_stream"): void {
    refusals.note(opening, { remoteAddress: socket.remoteAddress });
    if (opening === "tls") socket.destroy();
    else leave(socket, jsonRefusal);
  }

  function turnAway(socket: Socket, refusal: Refusal): void {
    refusals.note(refusal, { remoteAddress: socket.remoteAddress });
    // Who speaks TLS understands no clear text, and a handshake costs more than is left for them.
    if (options.handshakes !== undefined || turnedAwayOpen >= limits.turnedAwayMax) {
      socket.destroy();
      return;
    }
    turnedAwayOpen += 1;
    socket.once("close", () => {
      turnedAwayOpen -= 1;
    });
    leave(socket, rawResponse(plainResponse(503, "too many connections")));
  }

  function leave(socket: Socket, words: string | Uint8Array): void {
    farewell(socket, words, { clock, lingerMs: timeouts.closeMs });
  }

  function stopAccepting(): void {
    server.close();
    http.stop();
    http2.stop();
    webSockets.stop();
    reception.stop();
  }

  async function close(): Promise<void> {
    stopAccepting();
    webSockets.close();
    const cancel = clock.after(timeouts.closeMs, () => {
      for (const socket of admission.open) socket.destroy();
    });
    await Promise.all([ended, ...[...admission.open, ...webSockets.open()].map(closing)]);
    cancel();
    http.close();
  }

  return {
    ...boundTo(server),
    flush: webSockets.flush,
    stopAccepting,
    close,
    status: () => ({
      connectionsOpen: admission.open.size,
      acceptedTotal,
      requestsTotal: http.requestsTotal() + http2.requestsTotal(),
      ...webSockets.counts(),
      ...http2.counts(),
      refusedTotal: { ...refusals.totals },
    }),
  };
}

function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closing(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => emitter.once("close", resolve));
}

function boundTo(server: Server): { readonly host: string; readonly port: number } {
  const address = server.address();
  // Only a server that does not listen has none, and only one on a path a string.
  assert(address !== null && typeof address === "object");
  return { host: address.address, port: address.port };
}
