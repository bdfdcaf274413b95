import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { isOriginAllowed } from "../../protocols/http.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import type { Account } from "../budget/budget.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { farewell } from "./farewell.ts";
import { createFramer } from "./frames.ts";
import type { Upgrade } from "./http.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { httpRequest } from "./request.ts";
import { plainResponse, rawResponse } from "./responses.ts";
import type { AcceptUpgrade } from "./routes.ts";
import {
  closeWebSocket,
  openWebSocketConnection,
  sweepWebSocket,
  type UpgradedConnection,
  type WebSocketConnection,
  type WebSocketConnectionOptions,
} from "./websocket-connection.ts";

/** Upgrades HTTP/1.1 connections to WebSockets and serves them. */
export interface WebSocketSide {
  readonly upgrade: Upgrade;
  /** Refuses upgrades from now on. */
  stop(): void;
  /** Closes every WebSocket with 1001 and ends the pings. */
  close(): void;
  /** The WebSockets that have not closed yet. */
  open(): Iterable<WebSocket>;
  counts(): WebSocketCounts;
}

export interface WebSocketCounts {
  readonly webSocketsOpen: number;
  readonly messagesReceivedTotal: number;
  readonly messagesSentTotal: number;
}

/** Bounds the overhead of a message that arrives in tiny pieces. */
const fragmentsMax = 4096;
const chunksMax = 16 * 1024;

interface SideState {
  readonly options: ListenerOptions;
  readonly refusals: Refusals;
  readonly server: WebSocketServer;
  readonly connections: Map<WebSocket, WebSocketConnection>;
  readonly shared: WebSocketConnectionOptions;
  isStopping: boolean;
}

/** A client's request to upgrade its connection. */
interface Attempt {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly account: Account;
}

export function createWebSocketSide(
  options: ListenerOptions,
  refusals: Refusals,
  endOfTurn: EndOfTurn,
): WebSocketSide {
  const { limits, timeouts, logger, clock } = options;
  const messages = { received: 0, sent: 0 };
  const { unsentBytesMax } = limits;
  const frameOf = createFramer();
  const side: SideState = {
    options,
    refusals,
    server: createServer(options),
    connections: new Map(),
    shared: { endOfTurn, messages, refusals, logger, unsentBytesMax, frameOf },
    isStopping: false,
  };
  side.server.on("wsClientError", (_error, stream, request) => {
    refuse(side, { request, socket: stream as Socket }, handshakeRefusal(request), "handshake");
  });
  const stopSweeping = clock.every(timeouts.pingIntervalMs, () => sweep(side));
  return {
    upgrade: (request, { socket, account, head }) => {
      upgrade(side, { request, socket, account }, head);
    },
    stop() {
      side.isStopping = true;
    },
    close() {
      stopSweeping();
      closeAll(side);
    },
    open: () => side.connections.keys(),
    counts: () => ({
      webSocketsOpen: side.connections.size,
      messagesReceivedTotal: messages.received,
      messagesSentTotal: messages.sent,
    }),
  };
}

function createServer({ routes, limits, timeouts }: ListenerOptions): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: false,
    allowSynchronousEvents: true,
    autoPong: false,
    maxPayload: limits.messageBytesMax,
    maxFragments: fragmentsMax,
    maxBufferedChunks: chunksMax,
    handleProtocols: (offered, request) =>
      routes.subprotocol?.(httpRequest(request, noBody).path, offered) ?? false,
    ...{ closeTimeout: timeouts.closeMs },
  });
}

function sweep({ connections, shared }: SideState): void {
  for (const connection of connections.values()) sweepWebSocket(connection, shared);
  shared.endOfTurn.run();
}

function closeAll({ connections }: SideState): void {
  for (const connection of connections.values()) {
    closeWebSocket(connection, 1001, "the server is stopping");
  }
}

function upgrade(side: SideState, attempt: Attempt, head: Buffer): void {
  const { request, socket, account } = attempt;
  const asked = httpRequest(request, noBody);
  const decision = judge(side, asked);
  if (typeof decision !== "function") {
    leave(side, attempt, decision);
  } else if (!isOriginAllowed(asked, side.options.allowedOrigins)) {
    refuse(side, attempt, plainResponse(403), "origin", {
      origin: request.headers.origin?.slice(0, originLoggedMax),
    });
  } else {
    side.server.handleUpgrade(request, socket, head, (webSocket) => {
      open(side, { socket, webSocket, account }, decision);
    });
  }
}

function judge(
  { options, isStopping }: SideState,
  asked: HttpRequest,
): HttpResponse | AcceptUpgrade {
  if (isStopping) return plainResponse(503, "the server is stopping");
  try {
    return options.routes.upgrade(asked);
  } catch (error) {
    options.logger.error({ err: error }, "an upgrade failed");
    return plainResponse(500);
  }
}

function open(
  { connections, shared }: SideState,
  upgraded: UpgradedConnection,
  accept: AcceptUpgrade,
): void {
  const { webSocket } = upgraded;
  connections.set(webSocket, openWebSocketConnection(upgraded, accept, shared));
  webSocket.once("close", () => connections.delete(webSocket));
}

function refuse(
  side: SideState,
  attempt: Omit<Attempt, "account">,
  response: HttpResponse,
  reason: Refusal,
  details: Readonly<Record<string, unknown>> = {},
): void {
  const remoteAddress = clientAddressOf(attempt.socket);
  side.refusals.note(reason, { remoteAddress, ...details });
  leave(side, attempt, response);
}

function leave(
  { options }: SideState,
  { request, socket }: Omit<Attempt, "account">,
  response: HttpResponse,
): void {
  const { clock, timeouts } = options;
  farewell(socket, rawResponse(response, request.method), { clock, lingerMs: timeouts.closeMs });
}

/** Characters of a foreign origin in the log. */
const originLoggedMax = 200;

const noBody = new Uint8Array();

/** RFC 6455, section 4.2.2, point 4: name the supported version. */
function handshakeRefusal({ method }: IncomingMessage): HttpResponse {
  const { status, headers, body } = plainResponse(method === "GET" ? 400 : 405);
  return { status, headers: { ...headers, "Sec-WebSocket-Version": "13" }, body };
}
