import type { HttpRequest } from "./protocol.ts";

type Headers = HttpRequest["headers"];

/** Browsers alone send `Origin`, and no page can keep them from it (Fetch standard, section 3.2). */
export function isFromBrowser(headers: Headers): boolean {
  return headers.origin !== undefined;
}

/**
 * Whether the page that sent the request, if it was one, is of this host or of a listed origin, such
 * as `https://app.example.com`. An opaque origin (`null`) is neither.
 */
export function isOriginAllowed(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  const originHost = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return originHost !== undefined && originHost.toLowerCase() === host?.toLowerCase();
}

/** A page can send this type to another origin only after it was allowed to (no "simple" request). */
export function isJsonContent(headers: Headers): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(headers["content-type"] ?? "");
}
