import type { Namespace } from "../../core/ids.ts";
import type { LockStatistics } from "../../core/locks/statistics.ts";
import type { Namespaces } from "./options.ts";

export interface StatusFacts {
  /** The first line, with the name of the server. */
  readonly title: string;
  /** Parameters of the server, one line each. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly namespaces: ListedNamespaces;
}

/** The first namespaces, and how many there are besides. */
export interface ListedNamespaces {
  readonly names: readonly string[];
  readonly moreCount: number;
}

/** The page only counts further namespaces, because browsers poll it each second. */
const namespacesListedMax = 1000;

/** UTF-16 code units of all names on the page, which shows a control character as up to eight. */
const namesLengthMax = 64 * 1024;

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

function namespaceLines({ names, moreCount }: ListedNamespaces): readonly string[] {
  if (names.length + moreCount === 0) return ["There are no open namespaces."];
  const listed = names.map((name) => `  ${printable(name)}`);
  return ["Open namespaces:", ...listed, ...(moreCount > 0 ? [`  and ${moreCount} more`] : [])];
}

/** The namespaces with connections and those that the core knows, once. Looks only at those that it lists. */
export function listedNamespaces(
  openCounts: ReadonlyMap<Namespace, number>,
  known: Namespaces,
): ListedNamespaces {
  const names: string[] = [];
  let length = 0;
  for (const name of allOf(openCounts, known)) {
    length += name.length;
    if (names.length === namespacesListedMax || length > namesLengthMax) break;
    names.push(name);
  }
  let count = known.size;
  for (const name of openCounts.keys()) if (!known.has(name)) count += 1;
  return { names, moreCount: count - names.length };
}

function* allOf(
  openCounts: ReadonlyMap<Namespace, number>,
  known: Namespaces,
): Iterable<Namespace> {
  yield* openCounts.keys();
  for (const name of known.keys()) if (!openCounts.has(name)) yield name;
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
  nodesWalked: 0,
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
