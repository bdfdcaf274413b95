import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { IncomingHttpHeaders as IncomingHttp2Headers } from "node:http2";
import type { Readable } from "node:stream";
import { TLSSocket } from "node:tls";
import type { HttpRequest } from "../../protocols/protocol.ts";
import { clientAddressOf } from "./client-address.ts";
import { authorityOf } from "./hosts.ts";
import { addPiece, createPieces, joinPieces } from "./pieces.ts";

/** The request in the form that protocols take. */
export function httpRequest(request: IncomingMessage, body: Uint8Array): HttpRequest {
  const { method = "GET", url = "/", socket } = request;
  const authority = authorityOf(url);
  const headers = joinedHeaders(request);
  return {
    method,
    ...splitTarget(originForm(url)),
    headers: authority === undefined ? headers : { ...headers, host: authority },
    body,
    isEncrypted: socket instanceof TLSSocket,
    remoteAddress: clientAddressOf(socket),
  };
}

export function pathOf({ url = "/" }: IncomingMessage): string {
  return splitTarget(originForm(url)).path;
}

/** The same for HTTP/2, where pseudo-headers replace the request line; RFC 9113, section 8.3. */
export function http2Request(
  headers: IncomingHttp2Headers,
  peer: Pick<HttpRequest, "body" | "isEncrypted" | "remoteAddress">,
): HttpRequest {
  const {
    ":method": method = "GET",
    ":path": target = "/",
    ":authority": authority,
    ":scheme": _,
    ...others
  } = headers;
  const host = authority === undefined ? {} : { host: authority };
  // Copying drops the symbol under which Node lists sensitive headers.
  const named = joinedHeaders({
    headers: Object.fromEntries(Object.entries({ ...others, ...host })),
  });
  return { method, ...splitTarget(target), headers: named, ...peer };
}

/** Whether a body follows the headers; RFC 9112, section 6. A length of 0 says that none does. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || declaredBytes(request) > 0;
}

/** The declared length of the body; 0 when the headers declare none. */
export function declaredBytes({ headers }: { readonly headers: IncomingHttpHeaders }): number {
  return Number(headers["content-length"] ?? 0);
}

/**
 * Reads the whole body. Resolves with `too_large` as soon as that is certain, at once when the headers
 * declare it, and then reads and drops the rest. Resolves with `gone` when the client disconnects or
 * breaks the framing.
 */
export function readBody(
  request: Readable,
  { declared, bytesMax }: { readonly declared: number; readonly bytesMax: number },
): Promise<Buffer | "too_large" | "gone"> {
  return new Promise((resolve) => {
    let body = createPieces();
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      if (bytes + chunk.length > bytesMax) {
        bytes = Number.POSITIVE_INFINITY;
        body = createPieces();
        resolve("too_large");
        return;
      }
      bytes += chunk.length;
      addPiece(body, chunk);
    });
    request.once("end", () => resolve(joinPieces(body)));
    request.once("error", () => resolve("gone"));
    request.once("close", () => resolve("gone"));
    if (declared > bytesMax) resolve("too_large");
  });
}

function splitTarget(target: string): Pick<HttpRequest, "path" | "query"> {
  const queryStart = target.indexOf("?");
  return queryStart < 0
    ? { path: normalized(target), query: "" }
    : { path: normalized(target.slice(0, queryStart)), query: target.slice(queryStart + 1) };
}

/** An octet that needs no percent-encoding is the same with and without it; RFC 3986, section 6.2.2.2. */
function normalized(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const octet = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[\w.~-]/.test(octet) ? octet : encoded;
  });
}

/** Clients may send the whole URL, as to a proxy (RFC 9112, section 3.2.2); returns its path and query. */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?]*(.*)$/i.exec(target);
  if (absolute === null) return target;
  const rest = absolute[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Drops the one header that Node never joins: `set-cookie` belongs in answers only. */
function joinedHeaders({
  headers,
}: {
  readonly headers: IncomingHttpHeaders;
}): HttpRequest["headers"] {
  const { "set-cookie": _, ...joined } = headers;
  return joined as HttpRequest["headers"];
}
