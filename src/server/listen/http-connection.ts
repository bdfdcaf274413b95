import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../../protocols/protocol.ts";
import { type Account, answerMs, charge, expectAnswers, keep, worked } from "../budget/budget.ts";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { Feed } from "./feed.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { declaredBytes, hasBody, httpRequest, readBody } from "./request.ts";
import { internalError, plainResponse, rawResponse, withRetryAfter } from "./responses.ts";
import type { HttpClient } from "./routes.ts";

/**
 * The requests in progress on one HTTP/1.1 connection:
 *
 *   begun ──its body, and those before it──▶ received ──the routes──▶ answered
 *     ├── too large a body ──▶ refused, and dropped with the requests behind it
 *     └── the client is gone ──▶ dropped
 */
export interface HttpConnection {
  readonly socket: Socket;
  readonly account: Account;
  readonly feed: Feed;
  /** Requests without an answer yet, in their order, which is the order of the answers. */
  readonly pending: IncomingMessage[];
  /** Requests whose body can still arrive. */
  bodiesDue: number;
  /** Settles when the body of every request so far has arrived or can no longer arrive. */
  received: Promise<unknown>;
  /**
   * Called when the connection closes, and when the client ends its side, for each request without an answer. Node
   * tells only the first of several pipelined responses, and a socket has room for ten listeners.
   */
  readonly whenClosed: Set<() => void>;
  readonly whenEnded: Set<() => void>;
  /** The cap that the connection exceeds. It gets one answer. */
  readonly beyond: Refusal | undefined;
  /** The connection's last answer, sent behind the outstanding ones. No request follows it. */
  refusal: HttpResponse | undefined;
}

/** Shared by the connections of one listener. */
export interface HttpPort
  extends Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "logger" | "clock"> {
  readonly refusals: Refusals;
  requestsTotal: number;
  /** Each answer is the last on its connection. */
  isStopping: boolean;
}

/** One request, until its answer has left. */
interface HttpExchange {
  readonly connection: HttpConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Bytes that the account counts for it. */
  kept: number;
}

/** Memory of a request and its answer beside their bodies, in bytes. */
const requestBytes = 4096;

export function createHttpConnection(
  taken: Pick<HttpConnection, "socket" | "account" | "feed" | "beyond">,
): HttpConnection {
  const { socket } = taken;
  const whenClosed = new Set<() => void>();
  const whenEnded = new Set<() => void>();
  socket.once("close", () => runAll(whenClosed));
  socket.once("end", () => runAll(whenEnded));
  return {
    ...taken,
    pending: [],
    bodiesDue: 0,
    received: Promise.resolve(),
    whenClosed,
    whenEnded,
    refusal: undefined,
  };
}

function runAll(tasks: Iterable<() => void>): void {
  for (const run of tasks) run();
}

export function serve(
  port: HttpPort,
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (connection.refusal !== undefined) return;
  const exchange = begin(port, { connection, request, response, kept: 0 });
  if (connection.bodiesDue === 0 && !hasBody(request)) {
    void answer(port, exchange, noBody);
    return;
  }
  // Otherwise a turn that has time for so many heads would have as many bodies behind them.
  charge(connection.account, bodyMs);
  void serveBody(port, exchange);
}

/** What a body costs when it is there, in ms, until it is measured. */
const bodyMs = 0.05;

function begin(port: HttpPort, exchange: HttpExchange): HttpExchange {
  const { connection, request, response } = exchange;
  const { feed, pending } = connection;
  const { pipelinedRequestsMax } = port.limits;
  pending.push(request);
  if (pending.length > pipelinedRequestsMax) feed.pause();
  keepMore(exchange, requestBytes);
  response.once("close", () => {
    keepMore(exchange, -exchange.kept);
    const place = pending.indexOf(request);
    if (place >= 0) pending.splice(place, 1);
    if (pending.length === pipelinedRequestsMax) feed.resume();
    sendRefusal(port, connection);
  });
  return exchange;
}

function keepMore(exchange: HttpExchange, bytes: number): void {
  exchange.kept += bytes;
  keep(exchange.connection.account, bytes);
}

/** Never rejects. */
async function serveBody(port: HttpPort, exchange: HttpExchange): Promise<void> {
  const { connection, request } = exchange;
  const { pending } = connection;
  const receiving = receive(port, exchange);
  connection.bodiesDue += 1;
  connection.received = receiving;
  const body = await receiving;
  connection.bodiesDue -= 1;
  const place = pending.indexOf(request);
  if (body === "gone" || place < 0) return;
  if (body === "too_large") {
    // Drop the requests behind it too: this answer is the connection's last.
    pending.splice(place);
    return refuse(port, connection, plainResponse(413), "body_too_large");
  }
  const fromMs = port.clock.nowMs();
  const answering = answer(port, exchange, body);
  const nowMs = port.clock.nowMs();
  worked(connection.account, Math.max(0, nowMs - fromMs - bodyMs), nowMs);
  await answering;
}

/** The request's body, but not before the earlier bodies, so that requests reach the routes in order. */
async function receive(
  { limits }: HttpPort,
  exchange: HttpExchange,
): Promise<Uint8Array | "too_large" | "gone"> {
  const { connection, request } = exchange;
  const earlier = connection.received;
  const limit = { declared: declaredBytes(request), bytesMax: limits.bodyBytesMax };
  if (hasBody(request)) request.on("data", ({ length }: Buffer) => keepMore(exchange, length));
  const body = hasBody(request) ? readBody(request, limit) : noBody;
  await earlier;
  return body;
}

const noBody = new Uint8Array();

async function answer(port: HttpPort, exchange: HttpExchange, body: Uint8Array): Promise<void> {
  const { routes, logger } = port;
  const { request } = exchange;
  port.requestsTotal += 1;
  const asked = httpRequest(request, body);
  try {
    const answering = routes.http(asked, clientOf(exchange));
    const answered = answering instanceof Promise ? await answering : answering;
    write(port, exchange, answered, port.isStopping || exchange.connection.beyond !== undefined);
  } catch (error) {
    logger.error({ err: error, method: asked.method, path: asked.path }, "a request failed");
    write(port, exchange, internalError, true);
  }
}

function clientOf({ connection, response }: HttpExchange): HttpClient {
  const { account, socket, whenClosed, whenEnded } = connection;
  return {
    charge: (ms) => charge(account, ms),
    expect: (answers) => expectAnswers(account, answers * answerMs.response),
    whenGone(run) {
      const gone = () => {
        if (!response.writableEnded) run();
      };
      whenClosed.add(gone);
      response.once("close", () => whenClosed.delete(gone));
    },
    whenSilent(run) {
      if (socket.readableEnded) {
        run();
        return;
      }
      whenEnded.add(run);
      response.once("close", () => whenEnded.delete(run));
    },
  };
}

function write(
  { timeouts }: HttpPort,
  exchange: HttpExchange,
  answered: HttpResponse,
  isLast: boolean,
): void {
  const { response } = exchange;
  const { status, headers, body } = withRetryAfter(answered);
  keepMore(exchange, body.length);
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

/** Answers that have no body and no Content-Length; RFC 9110, section 8.6. */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 304]);

/** Ends the connection with this answer. */
export function refuse(
  port: HttpPort,
  connection: HttpConnection,
  response: HttpResponse,
  reason: Refusal,
  details: Readonly<Record<string, unknown>> = {},
): void {
  if (connection.refusal !== undefined) return;
  connection.refusal = response;
  port.refusals.note(reason, { remoteAddress: clientAddressOf(connection.socket), ...details });
  sendRefusal(port, connection);
}

/** Answers keep the order of their requests, so a refusal waits for every request that is complete. */
function sendRefusal({ clock, timeouts }: HttpPort, connection: HttpConnection): void {
  const { socket, pending, refusal, feed } = connection;
  if (refusal === undefined || pending.some(({ complete }) => complete)) return;
  feed.end();
  farewell(socket, rawResponse(refusal), { clock, lingerMs: timeouts.closeMs });
}
