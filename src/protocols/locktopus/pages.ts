/** The answers to requests that are no upgrades; docs/protocols/locktopus.md, section 6. */
import type { Namespace } from "../../core/ids.ts";
import { createKeptAnswers, type KeptAnswers } from "../kept-answers.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import type { LocktopusOptions } from "./options.ts";
import {
  methodNotAllowed,
  notFound,
  preflightResponse,
  textResponse,
  withCors,
} from "./responses.ts";
import { createStatisticsPage, type StatisticsPage } from "./statistics.ts";
import { listedNamespaces, statusText } from "./status.ts";
import { badHandshake, decideUpgrade } from "./upgrade.ts";

/** What the pages show. */
export interface Site {
  readonly options: LocktopusOptions;
  /** Open connections per namespace. Such a namespace exists even if the core does not know it. */
  readonly openCounts: ReadonlyMap<Namespace, number>;
  readonly statistics: StatisticsPage;
  readonly kept: KeptAnswers<HttpResponse>;
}

export function createSite(
  options: LocktopusOptions,
  openCounts: ReadonlyMap<Namespace, number>,
): Site {
  const { nowMs, pageIntervalMs: keptMs } = options;
  const statistics = createStatisticsPage(options, openCounts);
  return {
    options,
    openCounts,
    statistics,
    kept: createKeptAnswers({ nowMs, keptMs, keysMax: 1 }),
  };
}

export function answerPage(site: Site, request: HttpRequest): HttpResponse {
  return withCors(request, preflightResponse(request) ?? answer(site, request));
}

function answer(site: Site, request: HttpRequest): HttpResponse {
  switch (request.path) {
    case "/v1":
      return answerUpgradePath(site, request);
    case "/":
      return isRead(request)
        ? site.kept.answerTo("/", () => statusPage(site))
        : methodNotAllowed("GET, HEAD");
    case "/stats":
    case "/stats_v1":
      return isRead(request) ? site.statistics(request.query) : methodNotAllowed("GET, HEAD");
    default:
      return redirect(request) ?? notFound;
  }
}

function answerUpgradePath({ options }: Site, request: HttpRequest): HttpResponse {
  const decision = decideUpgrade(request, options.abandonTimeouts);
  return decision.type === "refused" ? decision.response : badHandshake;
}

function statusPage({ options, openCounts }: Site): HttpResponse {
  const { abandonTimeouts } = options;
  const timeouts = [
    { name: "default abandon timeout, ms", value: `${abandonTimeouts.default}` },
    { name: "longest abandon timeout, ms", value: `${abandonTimeouts.max}` },
  ];
  const text = statusText({
    title: options.title,
    parameters: [...options.parameters, ...timeouts],
    namespaces: listedNamespaces(openCounts, options.namespaces),
  });
  return textResponse(200, text, { "Cache-Control": "no-store" });
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
