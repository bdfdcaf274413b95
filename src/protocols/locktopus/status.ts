import type { LockStatistics } from "../../core/locks/statistics.ts";

export interface StatusFacts {
  /** The first line, with the name of the server. */
  readonly title: string;
  /** Parameters of the server, one line each. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly namespaces: readonly string[];
}

/** The page only counts further namespaces, because browsers poll it each second. */
const namespacesListedMax = 1000;

/** The page at `/` (docs/protocols/locktopus.md, section 6). */
export function statusText({ title, parameters, namespaces }: StatusFacts): string {
  const lines = [
    title,
    "",
    "Endpoints:",
    "  /v1?namespace=NAMESPACE[&abandon-timeout-ms=MILLISECONDS]  WebSocket, Locktopus API V1",
    "  /stats_v1?namespace=NAMESPACE  statistics of a namespace, JSON (also at /stats)",
    "  /  this page",
    "",
    "Server parameters:",
    ...parameters.map(({ name, value }) => `  ${printable(name)}: ${printable(value)}`),
    "",
    ...namespaceLines(namespaces),
  ];
  return `${lines.join("\n")}\n`;
}

function namespaceLines(namespaces: readonly string[]): readonly string[] {
  if (namespaces.length === 0) return ["There are no open namespaces."];
  const listed = namespaces.slice(0, namespacesListedMax).map((name) => `  ${printable(name)}`);
  const more = namespaces.length - listed.length;
  return ["Open namespaces:", ...listed, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** A name that is safe on a terminal: shows control characters as `\u{…}`. */
function printable(name: string): string {
  return name.replace(
    /[\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The statistics of a namespace without any request so far. */
export const freshStatistics: LockStatistics = {
  lastNumber: 0,
  requestsWaiting: 0,
  requestsGranted: 0,
  claimsWaiting: 0,
  claimsGranted: 0,
  visits: 0,
  paths: 0,
  segmentsDistinct: 0,
};

/**
 * The fields of upstream's `/stats_v1` (docs/protocols/locktopus.md, section 6). A visit is a
 * segment or the root, one per claim; upstream counts the root among the tokens, once.
 */
export function statisticsBody(statistics: LockStatistics): Readonly<Record<string, number>> {
  const { claimsWaiting, claimsGranted, visits } = statistics;
  return {
    LastGroupID: statistics.lastNumber,
    GroupsPending: statistics.requestsWaiting,
    GroupsAcquired: statistics.requestsGranted,
    LocksPending: claimsWaiting,
    LocksAcquired: claimsGranted,
    LockrefCount: visits,
    TokensTotal: 1 + visits - claimsWaiting - claimsGranted,
    TokensUnique: 1 + statistics.segmentsDistinct,
    PathCount: statistics.paths,
  };
}
