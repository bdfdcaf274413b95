/**
 * The routes of each port. On the main port each path belongs to one API; on a classic port the whole
 * path space belongs to the API whose clients expect it there.
 */
import type { LdlmGrpc } from "../protocols/ldlm/grpc.ts";
import type { LdlmRest } from "../protocols/ldlm/rest.ts";
import type { Locktopus } from "../protocols/locktopus/locktopus.ts";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import type { Softvisio } from "../protocols/softvisio/softvisio.ts";
import type { CallGateway } from "./call-gateway.ts";
import type { HttpGateway } from "./http-gateway.ts";
import type { HttpClient, Routes } from "./listen/listener.ts";
import type { MessageGateway } from "./message-gateway.ts";

export interface Apis {
  readonly locktopus: WebSocketApi<Locktopus>;
  readonly ldlm: Readonly<Record<LdlmListener, LdlmApi>>;
  readonly softvisio: WebSocketApi<Softvisio>;
  readonly http: HttpGateway;
  readonly calls: CallGateway;
  /** Access has changed: connections check whether their client is still authorized. */
  review(): void;
  /** Ends every connection in the way of its protocol. */
  stop(): void;
}

/** A protocol of messages, with the gateway from its connections to the replica. */
export interface WebSocketApi<Protocol> {
  readonly protocol: Protocol;
  readonly messages: MessageGateway;
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

export function softvisioRoutes({ softvisio, http }: Apis): Routes {
  const { protocol } = softvisio;
  return {
    http: (request, client) => http.perform(protocol.http(request), client),
    upgrade: upgradesOf(softvisio),
    subprotocol: (_, offered) => protocol.subprotocol(offered),
  };
}

function upgradesOf({
  protocol,
  messages,
}: WebSocketApi<Pick<Locktopus, "upgrade">>): Routes["upgrade"] {
  return (request) => {
    const judged = protocol.upgrade(request);
    return typeof judged === "function" ? (socket) => messages.join(socket, judged()) : judged;
  };
}

/** gRPC and REST, on any port that serves LDLM. */
export function ldlmRoutes({ ldlm, http, calls }: Apis, listener: LdlmListener): Routes {
  const { rest, grpc } = ldlm[listener];
  return {
    http: (request, client) => http.perform(rest.handle(request), client),
    upgrade: () => upgradeUnknown,
    calls: (socket) => calls.join(socket, grpc),
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
