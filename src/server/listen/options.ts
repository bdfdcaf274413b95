import type { BlockList } from "node:net";
import type { Logger } from "pino";
import type { Budget } from "../budget/budget.ts";
import type { Clock } from "../clock.ts";
import type { Handshakes } from "../tls/tls.ts";
import type { Routes } from "./routes.ts";

export interface ListenerOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** `undefined`: clear text. */
  readonly handshakes: Handshakes | undefined;
  /**
   * The addresses from which proxies connect, each connection beginning with a header of the PROXY protocol.
   * All other connections are refused. `undefined`: clients connect by themselves.
   */
  readonly trustedProxies: BlockList | undefined;
  readonly routes: Routes;
  readonly limits: ListenerLimits;
  readonly timeouts: ListenerTimeouts;
  /** Shared by all listeners of a server. */
  readonly budget: Budget;
  /** Names by which clients may reach the listener, besides localhost and IP addresses; `*` allows all. */
  readonly allowedHosts: readonly string[];
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
   * Bytes that the client of a WebSocket or a stream may leave unread before the listener stops reading
   * from it. The listener closes the connection, a WebSocket with 1013, when that lasts for a ping interval,
   * and at once when it gets yet more at four times as many.
   */
  readonly unsentBytesMax: number;
  /** Bytes of all incomplete HTTP/2 requests of one connection together. */
  readonly unfinishedBytesMax: number;
  /** Concurrent gRPC calls and HTTP/2 requests of one connection; clients hold back the rest. */
  readonly streamsMax: number;
  /** Pipelined HTTP requests that wait for their answer before the listener stops reading. */
  readonly pipelinedRequestsMax: number;
  readonly connectionsMax: number;
  /** Connections from one address or IPv6 network; behind a proxy that of the client. */
  readonly connectionsPerAddressMax: number;
  /** Further connections beyond a cap that may still ask for a page for operators, each for one. */
  readonly reservedMax: number;
  /** Connections beyond a cap that get a 503 at the same time; the listener cuts any more at once. */
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
  reservedMax: 16,
  turnedAwayMax: 64,
};

export interface ListenerTimeouts {
  /** From accepting a connection until its first bytes (those inside TLS, behind a proxy's header) identify its protocol. */
  readonly firstByteMs: number;
  /** For the headers of an HTTP request, from its first byte. At most `requestMs`. */
  readonly headerMs: number;
  /** For a whole HTTP request, from its first byte; and for a client to read an answer. */
  readonly requestMs: number;
  /** How long an HTTP connection may stay idle between requests. */
  readonly keepAliveMs: number;
  /**
   * Between pings; a WebSocket client that sends nothing between two of them is cut. On streams the kernel
   * sends TCP's keepalive after so much silence, and the listener cuts a client whose machine does not answer.
   */
  readonly pingIntervalMs: number;
  /** Between pings of an HTTP/2 client, and how long it may take to answer one before it is cut. */
  readonly http2PingIntervalMs: number;
  readonly http2PingTimeoutMs: number;
  /** For the client to finish a close, after which the listener cuts the connection. */
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
