/**
 * The routes of each port. On the main port each path belongs to one API; on a classic port the whole
 * path space belongs to the API whose clients expect it there.
 */
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import { noUpgrades, type Routes } from "./listen/listener.ts";
import type { ServedApi } from "./open-apis.ts";

/** Answers for operators, by path. */
export type OperatingPages = ReadonlyMap<
  string,
  (request: HttpRequest) => HttpResponse | Promise<HttpResponse>
>;

/** By the name of the listener. */
export function routesOf(
  apis: readonly ServedApi[],
  pages: OperatingPages,
): ReadonlyMap<string, Routes> {
  const classic = apis.flatMap(({ listeners, routes }) =>
    listeners.map(({ name }) => [name, routes(name)] as const),
  );
  return new Map([["main", mainRoutes(apis, pages)], ...classic]);
}

/** Paths without an API belong to the operators; connections without paths to the first API that takes them. */
function mainRoutes(apis: readonly ServedApi[], pages: OperatingPages): Routes {
  const parts = apis.map(({ owns, routes }) => ({ owns, served: routes("main") }));
  const at = (path: string) => parts.find(({ owns }) => owns(path))?.served;
  const calls = parts.find(({ served }) => served.calls !== undefined)?.served.calls;
  const stream = parts.find(({ served }) => served.stream !== undefined)?.served.stream;
  return {
    http(request, client) {
      return at(request.path)?.http(request, client) ?? operate(pages, request);
    },
    upgrade: (request) => at(request.path)?.upgrade(request) ?? noUpgrades,
    subprotocol: (path, offered) => at(path)?.subprotocol?.(path, offered),
    ...(calls !== undefined && { calls }),
    ...(stream !== undefined && { stream }),
  };
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
