import type { HttpRequest } from "./protocol.ts";

type Headers = HttpRequest["headers"];

/** Browsers alone send `Origin`, and no page can keep them from it (Fetch standard, section 3.2). */
export function isFromBrowser(headers: Headers): boolean {
  return headers.origin !== undefined;
}

/**
 * Whether a page of this origin may ask: browsers let any page send requests and open WebSockets
 * anywhere and leave it to the server to look (RFC 6455, section 10.2). Programs send no Origin and
 * are let in. An origin is ours when it names the host and port that the request was sent to; the
 * scheme may differ, since TLS may end in front of us. Where it ends here, pages are ours over https
 * alone: anybody on the way could have written one that came in clear. `*` in the list allows all.
 */
export function isOriginAllowed(
  { headers, isEncrypted }: Pick<HttpRequest, "headers" | "isEncrypted">,
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowedOrigins.includes("*")) return true;
  const page = origin.toLowerCase();
  if (allowedOrigins.some((allowed) => allowed.toLowerCase() === page)) return true;
  return (!isEncrypted || page.startsWith("https://")) && isSameHost(page, host);
}

function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  // With the page's scheme in front, a port that is the scheme's default goes away on both sides.
  const ours = `${page.protocol}//${host}`;
  return page.origin === origin && URL.canParse(ours) && new URL(ours).host === page.host;
}

/** A page can send this type to another origin only after it was allowed to (no "simple" request). */
export function isJsonContent(headers: Headers): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(headers["content-type"] ?? "");
}
