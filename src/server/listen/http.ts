import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Account } from "../budget/budget.ts";
import type { Guest } from "./entrance.ts";
import { createFeed } from "./feed.ts";
import { type Hosts, hostFaultOf, hostReasons, hostRefusal, loggedHost } from "./hosts.ts";
import {
  createHttpConnection,
  type HttpConnection,
  type HttpPort,
  refuse,
  serve,
} from "./http-connection.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { declaredBytes, hasBody, pathOf } from "./request.ts";
import { plainResponse, tooManyConnections } from "./responses.ts";
import { takeOver } from "./takeover.ts";

/** Serves HTTP/1.1 on the connections it takes, and hands over those that are upgraded. */
export interface HttpSide {
  /**
   * The socket is paused and its first bytes are unread. Beyond a cap the connection gets one page for operators, or
   * the refusal.
   */
  take(guest: Guest): void;
  /** From now on each connection ends after its outstanding answers; idle connections end at once. */
  stop(): void;
  /** Stops watching deadlines. */
  close(): void;
  requestsTotal(): number;
}

/** Judges and answers an upgrade and takes over its socket. */
export type Upgrade = (request: IncomingMessage, upgrading: Upgrading) => void;

export interface Upgrading {
  readonly socket: Socket;
  readonly account: Account;
  /** The bytes behind the request. */
  readonly head: Buffer;
}

/** How late the server may notice a passed deadline. */
const deadlineCheckMs = 500;

/** The HTTP/1.1 side of one listener. */
interface SideState extends HttpPort {
  readonly hosts: Hosts;
  readonly upgrade: Upgrade;
  readonly connections: WeakMap<Socket, HttpConnection>;
}

export function createHttpSide(
  options: ListenerOptions,
  refusals: Refusals,
  { hosts, upgrade }: Pick<SideState, "hosts" | "upgrade">,
): HttpSide {
  const side = createState(options, refusals, { hosts, upgrade });
  const server = createHttpServer(side);
  handleEvents(side, server);
  return {
    take: (guest) => take(side, server, guest),
    stop() {
      side.isStopping = true;
      server.closeIdleConnections();
    },
    close: () => void server.close(),
    requestsTotal: () => side.requestsTotal,
  };
}

function take(
  { connections }: SideState,
  server: Server,
  { speaker: socket, account, beyond }: Guest,
): void {
  server.emit("connection", socket);
  const feed = createFeed({
    socket,
    account,
    ...takeOver(socket),
    isReady: () => !isHaltedByNode(socket),
  });
  socket.once("close", feed.end);
  connections.set(socket, createHttpConnection({ socket, account, feed, beyond }));
}

/** Node's HTTP server has stopped reading, because the client leaves too many answers unread. It has no public sign of that. */
function isHaltedByNode(socket: Socket & { readonly _paused?: boolean }): boolean {
  return socket._paused === true;
}

function createState(
  { routes, limits, timeouts, logger, clock }: ListenerOptions,
  refusals: Refusals,
  { hosts, upgrade }: Pick<SideState, "hosts" | "upgrade">,
): SideState {
  return {
    routes,
    limits,
    timeouts,
    logger,
    clock,
    refusals,
    hosts,
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
    // Joined, several Hosts are no valid one.
    joinDuplicateHeaders: true,
    requireHostHeader: false,
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
    if (!isAdmitted(side, request)) return;
    serve(side, connectionOn(side, request.socket), request, response);
  });
  server.on("checkContinue", (request, response) => {
    if (!isAdmitted(side, request)) return;
    if (declaredBytes(request) <= side.limits.bodyBytesMax) response.writeContinue();
    serve(side, connectionOn(side, request.socket), request, response);
  });
  server.on("checkExpectation", ({ socket }) => {
    refuse(side, connectionOn(side, socket), plainResponse(417), "bad_request");
  });
  server.on("clientError", (error, socket) => fail(side, socket as Socket, error));
  server.on("upgrade", (request, _stream, head) => {
    if (isAdmitted(side, request)) upgrade(side, connectionOn(side, request.socket), request, head);
  });
  // Node starts to watch deadlines when a server starts to listen, and this one never does.
  server.emit("listening");
}

/** Whether the request may go on; if not, its connection gets a refusal, unless it has one already. */
function isAdmitted(side: SideState, request: IncomingMessage): boolean {
  const connection = connectionOn(side, request.socket);
  const fault = hostFaultOf(side.hosts, request);
  if (fault !== undefined) {
    const host = loggedHost(request.headers.host);
    refuse(side, connection, hostRefusal(fault), hostReasons[fault], { host });
  }
  if (connection.beyond !== undefined && !isPage(side, connection, request)) {
    refuse(side, connection, tooManyConnections, connection.beyond);
  }
  return connection.refusal === undefined;
}

/** Whether the request is the connection's first, for a page for operators. */
function isPage({ routes }: SideState, connection: HttpConnection, request: IncomingMessage) {
  return connection.pending.length === 0 && routes.isForOperators?.(pathOf(request)) === true;
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

function upgrade(
  side: SideState,
  { socket, account, feed }: HttpConnection,
  request: IncomingMessage,
  head: Buffer,
): void {
  const rest = feed.end();
  side.upgrade(request, {
    socket,
    account,
    head: rest.length === 0 ? head : Buffer.concat([head, rest]),
  });
}

function connectionOn({ connections }: SideState, socket: Socket): HttpConnection {
  const connection = connections.get(socket);
  assert(connection !== undefined, "a socket of another server");
  return connection;
}

/** The client broke the protocol, missed a deadline, or reset the connection. */
function fail(side: SideState, socket: Socket, { code = "" }: NodeJS.ErrnoException): void {
  const end = (status: number, reason: Refusal) =>
    refuse(side, connectionOn(side, socket), plainResponse(status), reason);
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") end(408, "request_timeout");
  else if (code === "HPE_HEADER_OVERFLOW") end(431, "headers_too_large");
  else if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") end(413, "body_too_large");
  else if (code.startsWith("HPE_")) end(400, "bad_request");
  else socket.destroy();
}
