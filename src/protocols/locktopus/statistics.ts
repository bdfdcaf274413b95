/** The statistics page; docs/protocols/locktopus.md, section 6. */
import type { Namespace } from "../../core/ids.ts";
import { createKeptAnswers } from "../kept-answers.ts";
import type { HttpResponse } from "../protocol.ts";
import type { LocktopusOptions } from "./options.ts";
import { queryParameter } from "./query.ts";
import { jsonResponse, namespaceRequired, textResponse } from "./responses.ts";
import { freshStatistics, statisticsBody } from "./status.ts";

/** Nodes of one namespace that are walked for `TokensUnique`; in a larger one every path counts. */
const nodesWalkedMax = 4_000;

/** Nodes of all namespaces together that are walked within a second: some 10 ms. */
const nodesWalkedPerSecondMax = 20_000;

/** Namespaces whose statistics are kept. */
const keptMax = 1_000;

/** Answers the request with this query. */
export type StatisticsPage = (query: string) => HttpResponse;

export function createStatisticsPage(
  { nowMs, pageIntervalMs: keptMs, namespaces, statistics }: LocktopusOptions,
  openCounts: ReadonlyMap<Namespace, number>,
): StatisticsPage {
  const kept = createKeptAnswers<HttpResponse>({ nowMs, keptMs, keysMax: keptMax });
  let secondBeganMs = Number.NEGATIVE_INFINITY;
  let nodesLeft = 0;

  /** Takes the nodes of the walk from those that are left of this second. */
  function make(namespace: Namespace): HttpResponse {
    if (nowMs() >= secondBeganMs + 1000) {
      secondBeganMs = nowMs();
      nodesLeft = nodesWalkedPerSecondMax;
    }
    const found = statistics(namespace, Math.min(nodesWalkedMax, nodesLeft)) ?? freshStatistics;
    nodesLeft -= found.nodesWalked;
    return jsonResponse(statisticsBody(found));
  }

  return (query) => {
    const name = queryParameter(query, "namespace");
    if (name === undefined || name === "") return namespaceRequired;
    const namespace = name as Namespace;
    if (namespaces.has(namespace)) return kept.answerTo(namespace, () => make(namespace));
    if (openCounts.has(namespace)) return jsonResponse(statisticsBody(freshStatistics));
    return textResponse(404, "Namespace not found");
  };
}
