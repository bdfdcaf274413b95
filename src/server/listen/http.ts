import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import {
  createHttpConnection,
  type HttpConnection,
  type HttpPort,
  refuse,
  serve,
} from "./http-connection.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { declaredBytes, hasBody } from "./request.ts";

/** Serves HTTP/1.1 on the connections it takes, and hands over those that are upgraded. */
export interface HttpSide {
  /** The socket is paused and its first bytes are unread. */
  take(socket: Socket): void;
  /** From now on each connection ends after its outstanding answers; idle connections end at once. */
  stop(): void;
  /** Stops watching deadlines. */
  close(): void;
  requestsTotal(): number;
}

/** Judges and answers an upgrade and takes over its socket; `head` holds the bytes behind the request. */
export type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** How late the server may notice a passed deadline. */
const deadlineCheckMs = 500;

/** The HTTP/1.1 side of one listener. */
interface SideState extends HttpPort {
  readonly upgrade: Upgrade;
  readonly connections: WeakMap<Socket, HttpConnection>;
}

export function createHttpSide(
  options: ListenerOptions,
  refusals: Refusals,
  upgrade: Upgrade,
): HttpSide {
  const side = createState(options, refusals, upgrade);
  const server = createHttpServer(side);
  handleEvents(side, server);
  return {
    take(socket) {
      server.emit("connection", socket);
      socket.resume();
    },
    stop() {
      side.isStopping = true;
      server.closeIdleConnections();
    },
    close: () => void server.close(),
    requestsTotal: () => side.requestsTotal,
  };
}

function createState(
  { routes, limits, timeouts, logger, clock }: ListenerOptions,
  refusals: Refusals,
  upgrade: Upgrade,
): SideState {
  return {
    routes,
    limits,
    timeouts,
    logger,
    clock,
    refusals,
    upgrade,
    connections: new WeakMap(),
    requestsTotal: 0,
    isStopping: false,
  };
}

function createHttpServer(side: SideState): Server {
  const { limits, timeouts } = side;
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: Math.min(timeouts.headerMs, timeouts.requestMs),
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: Math.min(deadlineCheckMs, timeouts.headerMs),
    joinDuplicateHeaders: true,
    optimizeEmptyRequests: true,
    insecureHTTPParser: false,
    shouldUpgradeCallback: (request) => mayUpgrade(side, request),
  });
  // `maxHeaderSize` bounds the headers; a limit on their number would drop some silently.
  server.maxHeadersCount = 0;
  // A client may half-close after its last request and still read the answers.
  Object.assign(server, { httpAllowHalfOpen: true });
  return server;
}

function handleEvents(side: SideState, server: Server): void {
  server.on("request", (request, response) => {
    void serve(side, connectionOn(side, request.socket), request, response);
  });
  server.on("checkContinue", (request, response) => {
    if (declaredBytes(request) <= side.limits.bodyBytesMax) response.writeContinue();
    void serve(side, connectionOn(side, request.socket), request, response);
  });
  server.on("checkExpectation", ({ socket }) => {
    refuse(side, connectionOn(side, socket), 417, "bad_request");
  });
  server.on("clientError", (error, socket) => fail(side, socket as Socket, error));
  server.on("upgrade", (request, _stream, head) => {
    // Node before 24.9 upgrades without asking.
    if (mayUpgrade(side, request)) side.upgrade(request, request.socket, head);
    else refuse(side, connectionOn(side, request.socket), 400, "bad_request");
  });
  // Node starts to watch deadlines when a server starts to listen, and this one never does.
  server.emit("listening");
}

/**
 * A request that does not upgrade is a plain request (RFC 9110, section 7.8). That includes an upgrade
 * to another protocol, one with a body, and one behind unanswered requests.
 */
function mayUpgrade(side: SideState, request: IncomingMessage): boolean {
  return (
    request.headers.upgrade?.toLowerCase() === "websocket" &&
    !hasBody(request) &&
    connectionOn(side, request.socket).pending.length === 0
  );
}

function connectionOn({ connections }: SideState, socket: Socket): HttpConnection {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const connection = createHttpConnection(socket);
  connections.set(socket, connection);
  return connection;
}

/** The client broke the protocol, missed a deadline, or reset the connection. */
function fail(side: SideState, socket: Socket, { code = "" }: NodeJS.ErrnoException): void {
  const end = (status: number, reason: Refusal) =>
    refuse(side, connectionOn(side, socket), status, reason);
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") end(408, "request_timeout");
  else if (code === "HPE_HEADER_OVERFLOW") end(431, "headers_too_large");
  else if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") end(413, "body_too_large");
  else if (code.startsWith("HPE_")) end(400, "bad_request");
  else socket.destroy();
}
