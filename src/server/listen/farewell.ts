import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../../protocols/protocol.ts";
import type { Clock } from "../clock.ts";

/**
 * Says the last words on a connection and ends it. What the peer still sends is read and dropped
 * for at most `lingerMs`: a socket closed over unread bytes resets the connection, and the reset
 * can take the last words with it (RFC 9112, section 9.6). Does nothing when it has ended already.
 */
export function farewell(
  socket: Socket,
  words: string | Uint8Array,
  { clock, lingerMs }: { readonly clock: Clock; readonly lingerMs: number },
): void {
  if (socket.writableEnded || socket.destroyed) return;
  const cancel = clock.after(lingerMs, () => socket.destroy());
  socket.once("close", cancel);
  socket.end(words);
  socket.resume();
}

/** A short text as an HTTP answer; without one, the status says it all. */
export function plainResponse(status: number, text = STATUS_CODES[status] ?? ""): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    body: `${text}\n`,
  };
}

/**
 * An answer that ends its connection, for a socket that no HTTP parser owns (any more). The one to
 * HEAD has the headers of the body, and no body; RFC 9110, section 9.3.2.
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

export const jsonRefusal = `${JSON.stringify({
  error: "JSON streams are not served on this port; use HTTP or WebSocket",
})}\n`;
