import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../../protocols/protocol.ts";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { declaredBytes, hasBody, httpRequest, readBody } from "./request.ts";
import { internalError, plainResponse, rawResponse } from "./responses.ts";
import type { HttpClient } from "./routes.ts";

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

/** The requests in progress on one connection. */
interface Exchange {
  /** Requests without an answer yet, in their order, which is the order of the answers. */
  readonly pending: IncomingMessage[];
  /** Settles when the body of every request so far has arrived or can no longer arrive. */
  received: Promise<unknown>;
  /** Status of the connection's last answer, sent behind the outstanding ones. No request follows it. */
  refusal: number | undefined;
}

/** How late the server may notice a passed deadline. */
const deadlineCheckMs = 500;

export function createHttpSide(
  options: ListenerOptions,
  refusals: Refusals,
  upgrade: Upgrade,
): HttpSide {
  const { routes, limits, timeouts, logger, clock } = options;
  const exchanges = new WeakMap<Socket, Exchange>();
  let requestsTotal = 0;
  let isStopping = false;

  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: Math.min(timeouts.headerMs, timeouts.requestMs),
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: Math.min(deadlineCheckMs, timeouts.headerMs),
    joinDuplicateHeaders: true,
    optimizeEmptyRequests: true,
    insecureHTTPParser: false,
    shouldUpgradeCallback: mayUpgrade,
  });
  // `maxHeaderSize` bounds the headers; a limit on their number would drop some silently.
  server.maxHeadersCount = 0;
  // A client may half-close after its last request and still read the answers.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("request", (request, response) => void serve(request, response));
  server.on("checkContinue", (request, response) => {
    if (declaredBytes(request) <= limits.bodyBytesMax) response.writeContinue();
    void serve(request, response);
  });
  server.on("checkExpectation", ({ socket }) => refuse(socket, 417, "bad_request"));
  server.on("clientError", (error, socket) => fail(socket as Socket, error));
  server.on("upgrade", (request, _stream, head) => {
    // Node before 24.9 upgrades without asking.
    if (mayUpgrade(request)) upgrade(request, request.socket, head);
    else refuse(request.socket, 400, "bad_request");
  });
  // Node starts to watch deadlines when a server starts to listen, and this one never does.
  server.emit("listening");

  /** Never rejects. */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const exchange = exchangeOn(socket);
    if (exchange.refusal !== undefined) return;
    begin(exchange, request, response);
    const receiving = receive(request, exchange.received);
    exchange.received = receiving;
    const body = await receiving;
    // Not earlier: Node resumes the socket with each request of the chunk that it parses.
    if (exchange.pending.length > limits.pipelinedRequestsMax) socket.pause();
    const place = exchange.pending.indexOf(request);
    if (body === "gone" || place < 0) return;
    if (body === "too_large") {
      // Drop the requests behind it too: this answer is the connection's last.
      exchange.pending.splice(place);
      return refuse(socket, 413, "body_too_large");
    }
    await answer(request, response, body);
  }

  function begin(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const { pending } = exchange;
    pending.push(request);
    response.once("close", () => {
      const place = pending.indexOf(request);
      if (place >= 0) pending.splice(place, 1);
      if (pending.length === limits.pipelinedRequestsMax) socket.resume();
      sendRefusal(socket, exchange);
    });
  }

  /** The request's body, but not before the earlier bodies, so that requests reach the routes in order. */
  async function receive(
    request: IncomingMessage,
    earlier: Promise<unknown>,
  ): Promise<Uint8Array | "too_large" | "gone"> {
    const body = hasBody(request) ? readBody(request, receiving(request)) : noBody;
    await earlier;
    return body;
  }

  function receiving(request: IncomingMessage) {
    return { declared: declaredBytes(request), bytesMax: limits.bodyBytesMax };
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Uint8Array,
  ): Promise<void> {
    requestsTotal += 1;
    const asked = httpRequest(request, body);
    try {
      write(response, await routes.http(asked, clientOf(request, response)), isStopping);
    } catch (error) {
      logger.error({ err: error, method: asked.method, path: asked.path }, "a request failed");
      write(response, internalError, true);
    }
  }

  function write(
    response: ServerResponse,
    { status, headers, body }: HttpResponse,
    isLast: boolean,
  ) {
    response.writeHead(status, {
      ...headers,
      "X-Content-Type-Options": "nosniff",
      ...(bodilessStatuses.has(status) ? {} : { "Content-Length": Buffer.byteLength(body) }),
      ...(isLast ? { Connection: "close" } : {}),
    });
    response.end(body);
    // Applies until the answer has left; then Node applies the keep-alive timeout.
    response.setTimeout(timeouts.requestMs);
  }

  function fail(socket: Socket, error: NodeJS.ErrnoException): void {
    const code = error.code ?? "";
    if (code === "ERR_HTTP_REQUEST_TIMEOUT") refuse(socket, 408, "request_timeout");
    else if (code === "HPE_HEADER_OVERFLOW") refuse(socket, 431, "headers_too_large");
    else if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") refuse(socket, 413, "body_too_large");
    else if (code.startsWith("HPE_")) refuse(socket, 400, "bad_request");
    else socket.destroy();
  }

  function refuse(socket: Socket, status: number, reason: Refusal): void {
    const exchange = exchangeOn(socket);
    if (exchange.refusal !== undefined) return;
    exchange.refusal = status;
    refusals.note(reason, { remoteAddress: clientAddressOf(socket) });
    sendRefusal(socket, exchange);
  }

  /** Answers keep the order of their requests, so a refusal waits for every request that is complete. */
  function sendRefusal(socket: Socket, { pending, refusal }: Exchange): void {
    if (refusal === undefined || pending.some(({ complete }) => complete)) return;
    farewell(socket, rawResponse(plainResponse(refusal)), { clock, lingerMs: timeouts.closeMs });
  }

  /**
   * A request that does not upgrade is a plain request (RFC 9110, section 7.8). That includes an upgrade
   * to another protocol, one with a body, and one behind unanswered requests.
   */
  function mayUpgrade(request: IncomingMessage): boolean {
    return (
      request.headers.upgrade?.toLowerCase() === "websocket" &&
      !hasBody(request) &&
      exchangeOn(request.socket).pending.length === 0
    );
  }

  function exchangeOn(socket: Socket): Exchange {
    const known = exchanges.get(socket);
    if (known !== undefined) return known;
    const exchange = { pending: [], received: Promise.resolve(), refusal: undefined };
    exchanges.set(socket, exchange);
    return exchange;
  }

  return {
    take(socket) {
      server.emit("connection", socket);
      socket.resume();
    },
    stop() {
      isStopping = true;
      server.closeIdleConnections();
    },
    close: () => void server.close(),
    requestsTotal: () => requestsTotal,
  };
}

function clientOf({ socket }: IncomingMessage, response: ServerResponse): HttpClient {
  return {
    whenGone(run) {
      response.once("close", () => {
        if (!response.writableEnded) run();
      });
    },
    whenSilent(run) {
      if (socket.readableEnded) {
        run();
        return;
      }
      socket.once("end", run);
      response.once("close", () => socket.off("end", run));
    },
  };
}

const noBody = new Uint8Array();

/** Answers that have no body and no Content-Length; RFC 9110, section 8.6. */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 304]);
