/** Which of many things a list or a count is about; docs/protocols/nexus.md, section 10. */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { withoutFinalDots } from "../../core/users/names.ts";
import { type RpcError, rpcError } from "./errors.ts";
import { booleanIn, integerIn, type Params, textIn } from "./params.ts";

export interface Selection {
  /** Labels with which the name begins; empty: any. */
  readonly prefix: string;
  /** Labels behind the prefix, at most; negative: any number. */
  readonly depth: number;
  readonly filter: RE2JS | undefined;
  /** Infinite without one. */
  readonly limit: number;
  readonly skip: number;
  /** A count is told for each label behind the prefix. */
  readonly hasSubprefixes: boolean;
}

const limitDefault = 100;

/** Characters of a filter. To compile 1,000 that are costly takes 100 ms. */
const filterLengthMax = 300;

/** An error for a filter that is no regular expression of RE2. */
export function selectionIn({ members }: Params): Selection | RpcError {
  const pattern = textIn(members.get("filter")) ?? "";
  if (pattern.length > filterLengthMax) {
    return rpcError("internal_error", `filter: at most ${filterLengthMax} characters`);
  }
  const filter = pattern === "" ? undefined : compiled(pattern);
  if (filter === "invalid") return rpcError("internal_error", "filter");
  const limit = integerIn(members.get("limit")) ?? limitDefault;
  return {
    prefix: prefixIn({ members }),
    depth: integerIn(members.get("depth")) ?? -1,
    filter,
    limit: limit > 0 ? limit : Number.POSITIVE_INFINITY,
    skip: Math.max(0, integerIn(members.get("skip")) ?? 0),
    hasSubprefixes: booleanIn(members.get("subprefixes")) ?? false,
  };
}

/** In lower case, without the dots at its end. */
export function prefixIn({ members }: Pick<Params, "members">): string {
  return withoutFinalDots((textIn(members.get("prefix")) ?? "").toLowerCase());
}

/** RE2 takes linear time, whatever a client asks for. */
function compiled(pattern: string): RE2JS | "invalid" {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return "invalid";
    throw error;
  }
}

export function selects({ prefix, depth, filter }: Selection, name: string): boolean {
  if (!isBelow(prefix, name)) return false;
  if (depth >= 0 && labelCount(name) - labelCount(prefix) > depth) return false;
  return filter === undefined || filter.matcher(name).find();
}

/** The part of the things that limit and skip leave. */
export function pageOf<Thing>(
  { limit, skip }: Selection,
  things: readonly Thing[],
): readonly Thing[] {
  return things.slice(skip, skip + limit);
}

/** How many of the names there are for each label behind the prefix, and of the prefix itself; sorted. */
export function countsBelow({ prefix }: Selection, names: readonly string[]) {
  const counts = new Map<string, number>();
  for (const name of names) {
    const label = prefix.length === 0 ? 0 : prefix.length + 1;
    const end = name.indexOf(".", label);
    const key = name === prefix || end === -1 ? name : name.slice(0, end);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => ({ prefix: key, count }));
}

function isBelow(prefix: string, name: string): boolean {
  return prefix === "" || name === prefix || name.startsWith(`${prefix}.`);
}

function labelCount(name: string): number {
  return name === "" ? 0 : name.split(".").length;
}
