import type { Namespace } from "../../core/ids.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { queryParameter } from "./query.ts";
import { namespaceRequired, textResponse } from "./responses.ts";

export type UpgradeDecision =
  | { readonly type: "refused"; readonly response: HttpResponse }
  | AcceptedUpgrade;

export interface AcceptedUpgrade {
  readonly type: "accepted";
  readonly namespace: Namespace;
  /** The server's default when the client chooses none. */
  readonly abandonTimeoutMs: number;
}

/** In ms. */
export interface AbandonTimeouts {
  /** For connections that choose none. */
  readonly default: number;
  /** A connection that chooses more gets this. */
  readonly max: number;
}

/**
 * Decides whether a request for `/v1` may become a connection. Checks in upstream's order
 * (docs/protocols/locktopus.md, section 1), so that a missing namespace is the first error of a plain GET too.
 */
export function decideUpgrade(
  request: HttpRequest,
  abandonTimeouts: AbandonTimeouts,
): UpgradeDecision {
  const namespace = queryParameter(request.query, "namespace");
  if (namespace === undefined || namespace === "") return refused(namespaceRequired);
  const timeout = queryParameter(request.query, "abandon-timeout-ms");
  const abandonTimeoutMs =
    timeout === undefined ? abandonTimeouts.default : parseTimeout(timeout, abandonTimeouts.max);
  if (abandonTimeoutMs === undefined) return refused(badTimeout);
  if (!asksForWebSocket(request)) return refused(badHandshake);
  if (request.method !== "GET") return refused(badMethod);
  if (!hasVersionAndKey(request)) return refused(badHandshake);
  return { type: "accepted", namespace: namespace as Namespace, abandonTimeoutMs };
}

function refused(response: HttpResponse): UpgradeDecision {
  return { type: "refused", response };
}

const badTimeout = textResponse(
  400,
  "URL parameter 'abandon-timeout-ms' should be integer value >= 0 representing broken connection timeout (in milliseconds)",
);

const versionHeader = { "Sec-Websocket-Version": "13" };

export const badHandshake = textResponse(400, "Bad Request\n", versionHeader);

const badMethod = textResponse(405, "Method Not Allowed\n", { ...versionHeader, Allow: "GET" });

const int64Max = 2n ** 63n - 1n;

/** Parses a signed 64-bit decimal that is not negative, cut to `max`; `undefined` for any other text. */
function parseTimeout(text: string, max: number): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  if (value < 0n || value > int64Max) return undefined;
  return Math.min(Number(value), max);
}

/** RFC 6455, section 4.2.1, points 3 and 4. */
function asksForWebSocket({ headers }: HttpRequest): boolean {
  const connection = headers.connection?.toLowerCase().split(",") ?? [];
  const isUpgrade = connection.some((option) => option.trim() === "upgrade");
  return isUpgrade && headers.upgrade?.toLowerCase() === "websocket";
}

/** RFC 6455, section 4.2.1, points 5 and 6: the key is 16 bytes in base64. */
function hasVersionAndKey({ headers }: HttpRequest): boolean {
  const key = headers["sec-websocket-key"] ?? "";
  return headers["sec-websocket-version"] === "13" && /^[+/0-9A-Za-z]{22}==$/.test(key);
}
