import { STATUS_CODES } from "node:http";
import type { HttpResponse } from "../../protocols/protocol.ts";

/** A short text as an HTTP answer; by default the name of the status. */
export function plainResponse(status: number, text = STATUS_CODES[status] ?? ""): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    body: `${text}\n`,
  };
}

export const tooManyText = "too many connections";

/** The answer to clients beyond a cap. */
export const tooManyConnections = plainResponse(503, tooManyText);

export const internalError: HttpResponse = {
  status: 500,
  headers: { "Content-Type": "application/json" },
  body: jsonError("internal error"),
};

/** An error as a line of JSON, for a client of a JSON stream. */
export function jsonError(error: string): string {
  return `${JSON.stringify({ error })}\n`;
}

/** Seconds over which clients spread that were refused at the same moment. */
const retrySpreadSeconds = 5;

/**
 * Tells the client of a 429 or 503 when to try again; RFC 9110, section 10.2.3. A random number of seconds comes on top
 * of those that the response has, so that clients that were refused together do not return together.
 */
export function withRetryAfter(response: HttpResponse, random = Math.random): HttpResponse {
  const { status, headers } = response;
  if (status !== 503 && status !== 429) return response;
  const seconds = Number(headers["Retry-After"] ?? 1) + Math.floor(random() * retrySpreadSeconds);
  return { ...response, headers: { ...headers, "Retry-After": String(seconds) } };
}

/** RFC 9110, section 7.8 lets a server ignore an upgrade, but a clear refusal helps clients more. */
export const noUpgrades = plainResponse(404, "no WebSocket API here");

/**
 * The bytes of an answer that ends its connection, for a socket that no HTTP parser owns. An answer to
 * HEAD keeps the headers of the body and omits the body; RFC 9110, section 9.3.2.
 */
export function rawResponse(response: HttpResponse, method = "GET"): string {
  const { status, headers, body } = withRetryAfter(response);
  const lines = Object.entries({
    ...headers,
    Date: new Date().toUTCString(),
    "X-Content-Type-Options": "nosniff",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return method === "HEAD" ? head : head + body;
}
