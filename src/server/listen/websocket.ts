import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { isOriginAllowed } from "../../protocols/http.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
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
  openWebSocketConnection,
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

export function createWebSocketSide(
  options: ListenerOptions,
  refusals: Refusals,
  endOfTurn: EndOfTurn,
): WebSocketSide {
  const { routes, limits, timeouts, logger, clock, allowedOrigins } = options;
  const connections = new Map<WebSocket, WebSocketConnection>();
  const messages = { received: 0, sent: 0 };
  const shared: WebSocketConnectionOptions = {
    endOfTurn,
    messages,
    refusals,
    logger,
    unsentBytesMax: limits.unsentBytesMax,
    frameOf: createFramer(),
  };
  let isStopping = false;

  const server = new WebSocketServer({
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
  server.on("wsClientError", (_error, stream, request) => {
    refuse(request, stream as Socket, handshakeRefusal(request), "handshake");
  });
  const stopSweeping = clock.every(timeouts.pingIntervalMs, () => {
    for (const connection of connections.values()) connection.sweep();
    endOfTurn.run();
  });

  function upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const asked = httpRequest(request, noBody);
    const decision = judge(asked);
    if (typeof decision !== "function") {
      leave(request, socket, decision);
    } else if (!isOriginAllowed(asked, allowedOrigins)) {
      refuse(request, socket, plainResponse(403), "origin", { origin: request.headers.origin });
    } else {
      server.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, socket, decision));
    }
  }

  function judge(asked: HttpRequest): HttpResponse | AcceptUpgrade {
    if (isStopping) return plainResponse(503, "the server is stopping");
    try {
      return routes.upgrade(asked);
    } catch (error) {
      logger.error({ err: error }, "an upgrade failed");
      return plainResponse(500);
    }
  }

  function open(webSocket: WebSocket, socket: Socket, accept: AcceptUpgrade): void {
    connections.set(webSocket, openWebSocketConnection(socket, webSocket, accept, shared));
    webSocket.once("close", () => connections.delete(webSocket));
  }

  function refuse(
    request: IncomingMessage,
    socket: Socket,
    response: HttpResponse,
    reason: Refusal,
    details: Readonly<Record<string, unknown>> = {},
  ): void {
    refusals.note(reason, { remoteAddress: clientAddressOf(socket), ...details });
    leave(request, socket, response);
  }

  function leave({ method }: IncomingMessage, socket: Socket, response: HttpResponse): void {
    farewell(socket, rawResponse(response, method), { clock, lingerMs: timeouts.closeMs });
  }

  return {
    upgrade,
    stop() {
      isStopping = true;
    },
    close() {
      stopSweeping();
      for (const connection of connections.values()) {
        connection.close(1001, "the server is stopping");
      }
    },
    open: () => connections.keys(),
    counts: () => ({
      webSocketsOpen: connections.size,
      messagesReceivedTotal: messages.received,
      messagesSentTotal: messages.sent,
    }),
  };
}

const noBody = new Uint8Array();

/** RFC 6455, section 4.2.2, point 4: name the supported version. */
function handshakeRefusal({ method }: IncomingMessage): HttpResponse {
  const { status, headers, body } = plainResponse(method === "GET" ? 400 : 405);
  return { status, headers: { ...headers, "Sec-WebSocket-Version": "13" }, body };
}
