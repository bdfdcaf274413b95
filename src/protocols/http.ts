import type { HttpRequest, HttpResponse } from "./protocol.ts";

type Headers = HttpRequest["headers"];

/** Only browsers send `Origin`, and no page can prevent it (Fetch standard, section 3.2). */
export function isFromBrowser(headers: Headers): boolean {
  return headers.origin !== undefined;
}

/**
 * Whether a page of this origin may send the request. Browsers let any page send requests and open
 * WebSockets anywhere, and leave the check to the server (RFC 6455, section 10.2). Programs send no
 * Origin and pass. An origin is our own when it names the host and port of the request; the scheme may
 * differ, because TLS may end in a proxy. If TLS ends in this process, only https pages are our own: anybody
 * on the network could have written a page that came in clear text. `*` in the list allows all origins.
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
  // With the page's scheme, the scheme's default port disappears on both sides.
  const ours = `${page.protocol}//${host}`;
  return page.origin === origin && URL.canParse(ours) && new URL(ours).host === page.host;
}

/** A page may send this type to another origin only after a preflight (it is no "simple" request). */
export function isJsonContent(headers: Headers): boolean {
  return /^application\/json[\t ]*(?:;|$)/i.test(headers["content-type"] ?? "");
}

export function withHeaders(
  response: HttpResponse,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } };
}

/** A browser's question before a request across origins; Fetch standard, section 3.2. */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** The answer to a preflight: what pages of the allowed origins may send. */
export function preflightAnswer(methods: string, headers: string): HttpResponse["headers"] {
  return { "Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": headers };
}
