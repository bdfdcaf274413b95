/**
 * The routes of each port. On the main port each path belongs to one API; on a classic port the whole
 * path space belongs to the API whose clients expect it there.
 */

import type { MessageConversation } from "../protocols/conversation.ts";
import type { LdlmGrpc } from "../protocols/ldlm/grpc.ts";
import type { LdlmRest } from "../protocols/ldlm/rest.ts";
import type { Locktopus } from "../protocols/locktopus/locktopus.ts";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import type { Softvisio } from "../protocols/softvisio/softvisio.ts";
import { type CallMethods, serveCalls } from "./conversation/calls.ts";
import { exchange } from "./conversation/exchange.ts";
import type { Host } from "./conversation/host.ts";
import { serveMessages } from "./conversation/messages.ts";
import type { HttpClient, Routes } from "./listen/listener.ts";

export interface Apis {
  readonly locktopus: HostedApi<Locktopus>;
  readonly ldlm: {
    readonly listeners: Readonly<Record<LdlmListener, LdlmApi>>;
    readonly host: Host;
    /** The gRPC methods that answer without a conversation. */
    readonly methods: CallMethods;
  };
  readonly softvisio: HostedApi<Softvisio>;
  /** Access has changed: connections check whether their client is still authorized. */
  review(): void;
  /** Ends every connection in the way of its protocol. */
  stop(): void;
}

/** A protocol, with the host of its conversations. */
export interface HostedApi<Protocol> {
  readonly protocol: Protocol;
  readonly host: Host;
}

/** The listeners that serve LDLM; its options may differ between them. */
export type LdlmListener = "main" | "ldlm" | "ldlmRest";

export interface LdlmApi {
  readonly rest: LdlmRest;
  readonly grpc: LdlmGrpc;
}

/** Answers for operators, by path. */
export type OperatingPages = ReadonlyMap<
  string,
  (request: HttpRequest) => HttpResponse | Promise<HttpResponse>
>;

const ldlmPaths: ReadonlySet<string> = new Set(["/session", "/v1/lock", "/v1/unlock", "/v1/renew"]);
const locktopusPaths: ReadonlySet<string> = new Set(["/v1", "/stats", "/stats_v1"]);

export function mainRoutes(apis: Apis, pages: OperatingPages): Routes {
  const locktopus = locktopusRoutes(apis);
  const ldlm = ldlmRoutes(apis, "main");
  const softvisio = softvisioRoutes(apis);
  const isOfSoftvisio = apis.softvisio.protocol.owns;
  function http(request: HttpRequest, client: HttpClient) {
    if (locktopusPaths.has(request.path)) return locktopus.http(request, client);
    if (ldlmPaths.has(request.path)) return ldlm.http(request, client);
    if (isOfSoftvisio(request.path)) return softvisio.http(request, client);
    const page = pages.get(request.path);
    if (page === undefined) return notFound;
    return isRead(request) ? page(request) : methodNotAllowed;
  }
  return {
    ...ldlm,
    http,
    upgrade(request) {
      if (locktopusPaths.has(request.path)) return locktopus.upgrade(request);
      return isOfSoftvisio(request.path) ? softvisio.upgrade(request) : upgradeUnknown;
    },
    subprotocol: (path, offered) =>
      isOfSoftvisio(path) ? softvisio.subprotocol?.(path, offered) : undefined,
  };
}

export function locktopusRoutes({ locktopus }: Apis): Routes {
  return { http: locktopus.protocol.http, upgrade: upgradesOf(locktopus) };
}

export function softvisioRoutes({ softvisio }: Apis): Routes {
  const { protocol, host } = softvisio;
  return {
    http: (request, client) => exchange(host, protocol.exchange(), { request, client }),
    upgrade: upgradesOf(softvisio),
    subprotocol: (_, offered) => protocol.subprotocol(offered),
  };
}

function upgradesOf({ protocol, host }: HostedApi<Upgradable>): Routes["upgrade"] {
  return (request) => {
    const judged = protocol.upgrade(request);
    return typeof judged === "function"
      ? (socket) => serveMessages(host, judged(), socket)
      : judged;
  };
}

interface Upgradable {
  upgrade(request: HttpRequest): (() => MessageConversation) | HttpResponse;
}

/** gRPC and REST, on any port that serves LDLM. */
export function ldlmRoutes({ ldlm }: Apis, listener: LdlmListener): Routes {
  const { listeners, host, methods } = ldlm;
  const { rest, grpc } = listeners[listener];
  return {
    http: (request, client) => exchange(host, rest.begin(), { request, client }),
    upgrade: () => upgradeUnknown,
    calls: (socket) => serveCalls(host, { api: grpc, methods }, socket),
  };
}

function isRead({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

const notFound = plain(404, "not found\n");
const methodNotAllowed = plain(405, "method not allowed\n", { Allow: "GET, HEAD" });
/** RFC 9110, section 7.8 lets a server ignore an upgrade, but a clear refusal helps clients more. */
const upgradeUnknown = plain(404, "no WebSocket API here\n");

function plain(status: number, body: string, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8", ...headers }, body };
}
