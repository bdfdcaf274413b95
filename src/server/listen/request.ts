import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "../../protocols/protocol.ts";

/** The request as the protocols see it. */
export function httpRequest(request: IncomingMessage, body: Uint8Array): HttpRequest {
  const target = originForm(request.url ?? "/");
  const queryStart = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: queryStart < 0 ? target : target.slice(0, queryStart),
    query: queryStart < 0 ? "" : target.slice(queryStart + 1),
    headers: joinedHeaders(request),
    body,
  };
}

/** Whether a body follows the headers; RFC 9112, section 6. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** 0 when the headers do not say how long the body is. */
export function declaredBytes({ headers }: IncomingMessage): number {
  return Number(headers["content-length"] ?? 0);
}

/**
 * The body, whole. `too_large` as soon as that is certain: at once when the headers say so; what
 * still comes is then read and dropped. `gone` when the client left, or broke the framing.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | "too_large" | "gone"> {
  return new Promise((resolve) => {
    // One growing buffer: a body that comes in chunks of a byte would cost a hundred times its size.
    let body: Buffer = Buffer.alloc(0);
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      if (bytes + chunk.length > bytesMax) {
        bytes = Number.POSITIVE_INFINITY;
        body = Buffer.alloc(0);
        resolve("too_large");
        return;
      }
      body = grown(body, bytes, bytes + chunk.length);
      bytes += chunk.copy(body, bytes);
    });
    request.once("end", () => resolve(body.subarray(0, bytes)));
    request.once("error", () => resolve("gone"));
    request.once("close", () => resolve("gone"));
    if (declaredBytes(request) > bytesMax) resolve("too_large");
  });
}

/** A buffer for at least `bytesNeeded` that begins with the first `bytesUsed` of this one. */
function grown(buffer: Buffer, bytesUsed: number, bytesNeeded: number): Buffer {
  if (bytesNeeded <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.max(bytesNeeded, 2 * buffer.length));
  buffer.copy(larger, 0, 0, bytesUsed);
  return larger;
}

/** Clients may name the whole URL, as to a proxy (RFC 9112, section 3.2.2); its path is meant. */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?]*(.*)$/i.exec(target);
  if (absolute === null) return target;
  const rest = absolute[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/**
 * Node joins repeated headers when asked to, all but one, and that one is for answers; a request
 * that has it anyway is read without.
 */
function joinedHeaders({ headers }: IncomingMessage): HttpRequest["headers"] {
  const { "set-cookie": _, ...joined } = headers;
  return joined as HttpRequest["headers"];
}
