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

export const internalError: HttpResponse = {
  status: 500,
  headers: { "Content-Type": "application/json" },
  body: jsonError("internal error"),
};

/** An error as a line of JSON, for a client of a JSON stream. */
export function jsonError(error: string): string {
  return `${JSON.stringify({ error })}\n`;
}

/** RFC 9110, section 7.8 lets a server ignore an upgrade, but a clear refusal helps clients more. */
export const noUpgrades = plainResponse(404, "no WebSocket API here");

/**
 * The bytes of an answer that ends its connection, for a socket that no HTTP parser owns. An answer to
 * HEAD keeps the headers of the body and omits the body; RFC 9110, section 9.3.2.
 */
export function rawResponse({ status, headers, body }: HttpResponse, method = "GET"): string {
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
