/** The answers to requests that are no upgrades; docs/protocols/locktopus.md, section 6. */
import type { Namespace } from "../../core/ids.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import type { LocktopusOptions } from "./options.ts";
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
import { badHandshake, decideUpgrade } from "./upgrade.ts";

/** What the pages show. */
export interface Site {
  readonly options: LocktopusOptions;
  /** Open connections per namespace. Such a namespace exists even if the core does not know it. */
  readonly openCounts: ReadonlyMap<Namespace, number>;
}

export function answerPage(site: Site, request: HttpRequest): HttpResponse {
  return withCors(request, preflightResponse(request) ?? answer(site, request));
}

function answer(site: Site, request: HttpRequest): HttpResponse {
  switch (request.path) {
    case "/v1":
      return answerUpgradePath(site, request);
    case "/":
      return isRead(request) ? statusPage(site) : methodNotAllowed("GET, HEAD");
    case "/stats":
    case "/stats_v1":
      return isRead(request) ? statistics(site, request.query) : methodNotAllowed("GET, HEAD");
    default:
      return redirect(request) ?? notFound;
  }
}

function answerUpgradePath({ options }: Site, request: HttpRequest): HttpResponse {
  const decision = decideUpgrade(request, options.abandonTimeoutMsDefault);
  return decision.type === "refused" ? decision.response : badHandshake;
}

function statusPage({ options, openCounts }: Site): HttpResponse {
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

function statistics({ options, openCounts }: Site, query: string): HttpResponse {
  const name = queryParameter(query, "namespace");
  if (name === undefined || name === "") return namespaceRequired;
  const namespace = name as Namespace;
  const known = options.statistics(namespace);
  if (known !== undefined) return jsonResponse(statisticsBody(known));
  if (openCounts.has(namespace)) return jsonResponse(statisticsBody(freshStatistics));
  return textResponse(404, "Namespace not found");
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
