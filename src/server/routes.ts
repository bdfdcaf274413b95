/**
 * The routes of each port. On the main port each path belongs to one API or to the operators; on a classic port the
 * whole path space belongs to the API whose clients expect it there, and on the port for operators to them.
 */
import assert from "node:assert/strict";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import { noUpgrades, type Routes } from "./listen/listener.ts";
import type { ServedApi } from "./open-apis.ts";

/** Answers for operators, by path. */
export type OperatingPages = ReadonlyMap<
  string,
  (request: HttpRequest) => HttpResponse | Promise<HttpResponse>
>;

/** Of an API, as far as routing goes. */
export type RoutedApi = Pick<ServedApi, "name" | "listeners" | "owns" | "routes">;

/** By the name of the listener. Fails if two APIs want the same connections of the main port. */
export function routesOf(
  apis: readonly RoutedApi[],
  pages: OperatingPages,
): ReadonlyMap<string, Routes> {
  const classic = apis.flatMap(({ listeners, routes }) =>
    listeners.map(({ name, isStreamOnly = false }) => {
      return [name, { ...routes(name), isStreamOnly }] as const;
    }),
  );
  return new Map([
    ["main", mainRoutes(apis, pages)],
    ["operations", operationsRoutes(pages)],
    ...classic,
  ]);
}

/** Pages for operators, and nothing else. */
function operationsRoutes(pages: OperatingPages): Routes {
  return { http: (request) => operate(pages, request), upgrade: () => noUpgrades };
}

interface Part {
  readonly api: RoutedApi;
  readonly served: Routes;
}

/** Paths without an API belong to the operators. Connections without paths belong to the one API that takes them. */
function mainRoutes(apis: readonly RoutedApi[], pages: OperatingPages): Routes {
  const parts = apis.map((api) => ({ api, served: api.routes("main") }));
  const at = (path: string, method?: string) =>
    parts.find(({ api }) => api.owns(path, method))?.served;
  const calls = onlyTaker(parts, "calls")?.calls;
  const stream = onlyTaker(parts, "stream")?.stream;
  return {
    http(request, client) {
      return at(request.path, request.method)?.http(request, client) ?? operate(pages, request);
    },
    upgrade: (request) => at(request.path)?.upgrade(request) ?? noUpgrades,
    isForOperators: (path) => at(path, "GET") === undefined && pages.has(path),
    subprotocol: (path, offered) => at(path)?.subprotocol?.(path, offered),
    ...(calls !== undefined && { calls }),
    ...(stream !== undefined && { stream }),
  };
}

/** The routes of the API that takes gRPC calls, or byte streams, on the main port. */
function onlyTaker(parts: readonly Part[], kind: "calls" | "stream"): Routes | undefined {
  const takers = parts.filter(({ served }) => served[kind] !== undefined);
  const names = takers.map(({ api }) => api.name).join(" and ");
  const words = { calls: "gRPC calls", stream: "byte streams" };
  assert(takers.length <= 1, `${names} take ${words[kind]} on the main port; only one API can`);
  return takers[0]?.served;
}

function operate(
  pages: OperatingPages,
  request: HttpRequest,
): HttpResponse | Promise<HttpResponse> {
  const page = pages.get(request.path);
  if (page === undefined) return notFound;
  const isRead = request.method === "GET" || request.method === "HEAD";
  return isRead ? page(request) : methodNotAllowed;
}

const notFound = plain(404, "not found\n");
const methodNotAllowed = plain(405, "method not allowed\n", { Allow: "GET, HEAD" });

function plain(status: number, body: string, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8", ...headers }, body };
}
