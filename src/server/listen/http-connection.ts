import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../../protocols/protocol.ts";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { declaredBytes, hasBody, httpRequest, readBody } from "./request.ts";
import { internalError, plainResponse, rawResponse } from "./responses.ts";
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
  /** Requests without an answer yet, in their order, which is the order of the answers. */
  readonly pending: IncomingMessage[];
  /** Settles when the body of every request so far has arrived or can no longer arrive. */
  received: Promise<unknown>;
  /** Status of the connection's last answer, sent behind the outstanding ones. No request follows it. */
  refusal: number | undefined;
}

/** Shared by the connections of one listener. */
export interface HttpPort
  extends Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "logger" | "clock"> {
  readonly refusals: Refusals;
  requestsTotal: number;
  /** Each answer is the last on its connection. */
  isStopping: boolean;
}

export function createHttpConnection(socket: Socket): HttpConnection {
  return { socket, pending: [], received: Promise.resolve(), refusal: undefined };
}

/** Never rejects. */
export async function serve(
  port: HttpPort,
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { socket, pending } = connection;
  if (connection.refusal !== undefined) return;
  begin(port, connection, request, response);
  const receiving = receive(port, request, connection.received);
  connection.received = receiving;
  const body = await receiving;
  // Not earlier: Node resumes the socket with each request of the chunk that it parses.
  if (pending.length > port.limits.pipelinedRequestsMax) socket.pause();
  const place = pending.indexOf(request);
  if (body === "gone" || place < 0) return;
  if (body === "too_large") {
    // Drop the requests behind it too: this answer is the connection's last.
    pending.splice(place);
    return refuse(port, connection, 413, "body_too_large");
  }
  await answer(port, request, response, body);
}

function begin(
  port: HttpPort,
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { socket, pending } = connection;
  pending.push(request);
  response.once("close", () => {
    const place = pending.indexOf(request);
    if (place >= 0) pending.splice(place, 1);
    if (pending.length === port.limits.pipelinedRequestsMax) socket.resume();
    sendRefusal(port, connection);
  });
}

/** The request's body, but not before the earlier bodies, so that requests reach the routes in order. */
async function receive(
  { limits }: HttpPort,
  request: IncomingMessage,
  earlier: Promise<unknown>,
): Promise<Uint8Array | "too_large" | "gone"> {
  const limit = { declared: declaredBytes(request), bytesMax: limits.bodyBytesMax };
  const body = hasBody(request) ? readBody(request, limit) : noBody;
  await earlier;
  return body;
}

const noBody = new Uint8Array();

async function answer(
  port: HttpPort,
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
): Promise<void> {
  const { routes, logger } = port;
  port.requestsTotal += 1;
  const asked = httpRequest(request, body);
  try {
    const answered = await routes.http(asked, clientOf(request, response));
    write(port, response, answered, port.isStopping);
  } catch (error) {
    logger.error({ err: error, method: asked.method, path: asked.path }, "a request failed");
    write(port, response, internalError, true);
  }
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

function write(
  { timeouts }: HttpPort,
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
  isLast: boolean,
): void {
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

/** Ends the connection with this status. */
export function refuse(
  port: HttpPort,
  connection: HttpConnection,
  status: number,
  reason: Refusal,
): void {
  if (connection.refusal !== undefined) return;
  connection.refusal = status;
  port.refusals.note(reason, { remoteAddress: clientAddressOf(connection.socket) });
  sendRefusal(port, connection);
}

/** Answers keep the order of their requests, so a refusal waits for every request that is complete. */
function sendRefusal({ clock, timeouts }: HttpPort, connection: HttpConnection): void {
  const { socket, pending, refusal } = connection;
  if (refusal === undefined || pending.some(({ complete }) => complete)) return;
  farewell(socket, rawResponse(plainResponse(refusal)), { clock, lingerMs: timeouts.closeMs });
}
