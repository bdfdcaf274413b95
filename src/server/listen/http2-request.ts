import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import { type Line, work } from "./http2-line.ts";
import { answered, keepFor, type OpenStream } from "./http2-streams.ts";
import type { Intake } from "./intake.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusals } from "./refusals.ts";
import { declaredBytes, http2Request, readBody } from "./request.ts";
import { internalError, plainResponse, withRetryAfter } from "./responses.ts";
import type { HttpClient } from "./routes.ts";

/** The connection of a request, as far as the request needs it. */
export interface Http2Caller {
  readonly refusals: Refusals;
  readonly intake: Intake;
  readonly line: Line;
  readonly remoteAddress: string | undefined;
  charge(ms: number): void;
  expect(answers: number): void;
  /** The request has reached its handler, which answers now or later. */
  served(): void;
}

/** One plain request on its stream. */
interface Http2Exchange {
  readonly opened: OpenStream;
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly caller: Http2Caller;
  /** Bytes of the body that the connection's intake counts for this request. */
  bytesKept: number;
  /** The connection has no room for the rest of the body. */
  isTooMuch: boolean;
}

type Answerable = Pick<Http2Exchange, "opened" | "headers">;

type RequestOptions = Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "clock" | "logger">;

/** Answers a plain request over HTTP/2, as http-connection.ts does over HTTP/1.1. */
export async function serveRequest(
  opened: OpenStream,
  headers: IncomingHttpHeaders,
  options: RequestOptions,
  caller: Http2Caller,
): Promise<void> {
  const { stream } = opened;
  const exchange: Http2Exchange = {
    opened,
    stream,
    headers,
    caller,
    bytesKept: 0,
    isTooMuch: false,
  };
  if (!invite(exchange, options)) return;
  // The session is gone once the stream has closed.
  const isEncrypted = stream.session?.encrypted === true;
  const body = await receive(exchange, options);
  if (exchange.isTooMuch || body === "gone") return;
  if (body === "too_large") return refuseBody(exchange);
  keepFor(opened, body.length);
  work(caller.line, () => {
    if (stream.closed) return;
    const { remoteAddress } = caller;
    void answer(exchange, options, http2Request(headers, { body, isEncrypted, remoteAddress }));
    caller.served();
  });
}

/**
 * Tells a client that waits with its body to send it, unless the body is too large, which is answered at once anyway. A
 * client that has no body is told, too: Java's of version 17 waits for that for ever. Returns whether the request goes
 * on: one that expects anything else is refused. RFC 9110, section 10.1.1.
 */
function invite(exchange: Http2Exchange, { limits }: RequestOptions): boolean {
  const { stream, headers, caller } = exchange;
  const { expect } = headers;
  if (expect === undefined) return true;
  if (expect.toLowerCase() !== "100-continue") {
    caller.refusals.note("bad_request", { remoteAddress: caller.remoteAddress });
    leave(exchange, plainResponse(417));
    return false;
  }
  const isAccepted = declaredBytes({ headers }) <= limits.bodyBytesMax;
  if (isAccepted) stream.additionalHeaders({ ":status": 100 });
  return true;
}

/** Answers a request before its body has arrived. */
export function refuseRequest(
  opened: OpenStream,
  headers: IncomingHttpHeaders,
  response: HttpResponse,
): void {
  leave({ opened, headers }, response);
}

/** The body, as far as it arrives in time and the connection has room for it. */
async function receive(
  exchange: Http2Exchange,
  { limits, timeouts, clock }: RequestOptions,
): Promise<Buffer | "too_large" | "gone"> {
  const { stream, headers, caller } = exchange;
  const cancel = clock.after(timeouts.requestMs, () => giveUp(exchange));
  const keep = (chunk: Buffer) => keepChunk(exchange, chunk);
  stream.on("data", keep);
  const declared = declaredBytes({ headers });
  const body = await readBody(stream, { declared, bytesMax: limits.bodyBytesMax });
  cancel();
  // More of an oversized body may arrive; the stream drops it.
  stream.off("data", keep);
  caller.intake.give(exchange.bytesKept);
  return body;
}

function keepChunk(exchange: Http2Exchange, { length }: Buffer): void {
  if (exchange.isTooMuch) return;
  exchange.isTooMuch = !exchange.caller.intake.take(length);
  if (exchange.isTooMuch) refuseBody(exchange);
  else exchange.bytesKept += length;
}

/** The request did not arrive in time. */
function giveUp(exchange: Http2Exchange): void {
  const { refusals, remoteAddress } = exchange.caller;
  refusals.note("request_timeout", { remoteAddress });
  leave(exchange, plainResponse(408));
}

function refuseBody(exchange: Http2Exchange): void {
  const { refusals, remoteAddress } = exchange.caller;
  refusals.note("body_too_large", { remoteAddress });
  leave(exchange, plainResponse(413));
}

/** Answers before the request is complete and discards the rest of it. */
function leave(exchange: Answerable, response: HttpResponse): void {
  const { stream } = exchange.opened;
  write(exchange, response);
  stream.resume();
  stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
}

/** Never rejects. */
async function answer(
  exchange: Http2Exchange,
  { routes, logger }: RequestOptions,
  request: HttpRequest,
): Promise<void> {
  try {
    write(exchange, await routes.http(request, clientOf(exchange)));
  } catch (error) {
    logger.error({ err: error, method: request.method, path: request.path }, "a request failed");
    write(exchange, internalError);
  }
}

function write({ opened, headers }: Answerable, response: HttpResponse): void {
  const { stream } = opened;
  if (stream.closed || stream.destroyed || stream.headersSent) return;
  const { status, headers: fields, body } = withRetryAfter(response);
  answered(opened, body.length);
  const head = {
    ":status": status,
    ...lowerCase(fields),
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(body),
  };
  if (headers[":method"] === "HEAD" || body === "") {
    stream.respond(head, { endStream: true });
  } else {
    stream.respond(head);
    stream.end(body);
  }
}

/** A client that ends its side of an HTTP/2 connection is gone: Node aborts all its streams. */
function clientOf({ stream, caller }: Http2Exchange): HttpClient {
  return {
    charge: caller.charge,
    expect: caller.expect,
    whenGone: (run) => void stream.once("aborted", run),
    whenSilent() {},
  };
}

/** HTTP/2 allows lower case only; RFC 9113, section 8.2. */
function lowerCase(headers: HttpResponse["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
