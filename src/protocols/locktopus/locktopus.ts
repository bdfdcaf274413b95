import type { SessionOrigin } from "../../core/command.ts";
import type { Namespace, NodeId } from "../../core/ids.ts";
import type { LockStatistics } from "../../core/locks/statistics.ts";
import type { MessageConversation } from "../conversation.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse, Identities } from "../protocol.ts";
import { locktopusBehavior } from "./behavior.ts";
import { queryParameter } from "./query.ts";
import {
  jsonResponse,
  methodNotAllowed,
  namespaceRequired,
  notFound,
  preflightResponse,
  textResponse,
  withCors,
} from "./responses.ts";
import { freshStatistics, statisticsBody, statusText } from "./status.ts";
import { createTalk, type LocktopusTalk } from "./talk.ts";
import { type AcceptedUpgrade, badHandshake, decideUpgrade } from "./upgrade.ts";

export interface LocktopusOptions extends Identities {
  readonly node: NodeId;
  /** For connections that choose none; at most `durationMsMax`. */
  readonly abandonTimeoutMsDefault: number;
  readonly jsonDepthMax: number;
  /** `undefined` for a namespace that is unknown to the core. */
  statistics(namespace: Namespace): LockStatistics | undefined;
  /** The namespaces that the core knows. */
  namespaces(): readonly string[];
  /** The first line of the status page. */
  readonly title: string;
  /** Parameters on the status page besides the default abandon timeout. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** Locktopus V1, without I/O (docs/protocols/locktopus.md). */
export interface Locktopus {
  /**
   * Returns a function that begins the conversation after the 101, or a refusal. Checks the whole handshake
   * except extensions and Origin.
   */
  upgrade(request: HttpRequest): (() => MessageConversation<LocktopusTalk>) | HttpResponse;
  /** Answers a request without an upgrade. */
  http(request: HttpRequest): HttpResponse;
}

export function createLocktopus(options: LocktopusOptions): Locktopus {
  /** Open connections per namespace. Such a namespace exists even if the core does not know it. */
  const openCounts = new Map<Namespace, number>();
  return {
    upgrade(request) {
      if (request.path !== "/v1") return http(request);
      const decision = decideUpgrade(request, options.abandonTimeoutMsDefault);
      if (decision.type === "refused") return withCors(request, decision.response);
      return () => begin(decision, originOf(request));
    },
    http,
  };

  function begin(
    { namespace, abandonTimeoutMs }: AcceptedUpgrade,
    origin: SessionOrigin,
  ): MessageConversation<LocktopusTalk> {
    count(namespace, 1);
    const { node, jsonDepthMax } = options;
    const talk = createTalk({
      identities: options,
      node,
      namespace,
      origin,
      abandonTimeoutMs,
      jsonDepthMax,
      ended: () => count(namespace, -1),
    });
    return { behavior: locktopusBehavior, talk };
  }

  function count(namespace: Namespace, change: 1 | -1): void {
    const openCount = (openCounts.get(namespace) ?? 0) + change;
    if (openCount === 0) openCounts.delete(namespace);
    else openCounts.set(namespace, openCount);
  }

  function http(request: HttpRequest): HttpResponse {
    return withCors(request, preflightResponse(request) ?? answer(request));
  }

  function answer(request: HttpRequest): HttpResponse {
    switch (request.path) {
      case "/v1":
        return answerUpgradePath(request);
      case "/":
        return isRead(request) ? statusPage() : methodNotAllowed("GET, HEAD");
      case "/stats":
      case "/stats_v1":
        return isRead(request) ? statistics(request.query) : methodNotAllowed("GET, HEAD");
      default:
        return redirect(request) ?? notFound;
    }
  }

  function answerUpgradePath(request: HttpRequest): HttpResponse {
    const decision = decideUpgrade(request, options.abandonTimeoutMsDefault);
    return decision.type === "refused" ? decision.response : badHandshake;
  }

  function statusPage(): HttpResponse {
    const timeout = {
      name: "default abandon timeout, ms",
      value: `${options.abandonTimeoutMsDefault}`,
    };
    const text = statusText({
      title: options.title,
      parameters: [...options.parameters, timeout],
      namespaces: [...new Set([...openCounts.keys(), ...options.namespaces()])],
    });
    return textResponse(200, text, { "Cache-Control": "no-store" });
  }

  function statistics(query: string): HttpResponse {
    const name = queryParameter(query, "namespace");
    if (name === undefined || name === "") return namespaceRequired;
    const namespace = name as Namespace;
    const known = options.statistics(namespace);
    if (known !== undefined) return jsonResponse(statisticsBody(known));
    if (openCounts.has(namespace)) return jsonResponse(statisticsBody(freshStatistics));
    return textResponse(404, "Namespace not found");
  }
}

function isRead({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

const paths: ReadonlySet<string> = new Set(["/", "/v1", "/stats", "/stats_v1"]);

/** Redirects to the cleaned path if it is one of ours, and never anywhere else. */
function redirect({ path, query }: HttpRequest): HttpResponse | undefined {
  const cleaned = cleanedPath(path);
  if (!paths.has(cleaned)) return undefined;
  const location = query === "" ? cleaned : `${cleaned}?${query}`;
  return textResponse(301, "Moved Permanently\n", { Location: location });
}

/** The path without empty and dot segments; keeps a slash at the end. */
function cleanedPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const end = path.endsWith("/") && segments.length > 0 ? "/" : "";
  return `/${segments.join("/")}${end}`;
}
