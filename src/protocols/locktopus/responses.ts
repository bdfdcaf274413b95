import { isPreflight, preflightAnswer, withHeaders } from "../http.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";

/** Clients choose the names in the body, so browsers must treat it as nothing but text. */
export function textResponse(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      ...headers,
    },
    body,
  };
}

export function jsonResponse(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    },
    body: JSON.stringify(value),
  };
}

export const notFound = textResponse(404, "404 page not found\n");

export const namespaceRequired = textResponse(400, "URL parameter 'namespace' is required");

export function methodNotAllowed(allow: string): HttpResponse {
  return textResponse(405, "Method Not Allowed\n", { Allow: allow });
}

/**
 * Any page may read the answer: no cookies authenticate it, and the listener checks the Origin of
 * upgrades (docs/protocols/locktopus.md, section 6).
 */
export function withCors(request: HttpRequest, response: HttpResponse): HttpResponse {
  if (request.headers.origin === undefined) return response;
  return withHeaders(response, { "Access-Control-Allow-Origin": "*" });
}

/** The answer to a browser's preflight; `undefined` for any other request. */
export function preflightResponse(request: HttpRequest): HttpResponse | undefined {
  if (request.method !== "OPTIONS" || request.headers.origin === undefined) return undefined;
  if (!isPreflight(request)) return textResponse(400, "Bad Request\n");
  return textResponse(200, "", preflightAnswer("GET, HEAD", "*"));
}
