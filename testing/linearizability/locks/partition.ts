import type { History, Recorded } from "../history.ts";
import type { Ask, LockOperation } from "./operation.ts";

/**
 * A part for all that can meet, directly or by way of others: requests whose paths share their first
 * segment, and what is asked for together. The fate of a session, or of the server, is in every part
 * that it touches.
 */
export function partition(history: History<LockOperation>): readonly History<LockOperation>[] {
  const asks = history.flatMap(({ operation }) => (operation.type === "ask" ? operation : []));
  const treesOf = treeNames(asks);
  const leaderOf = join(asks.map((ask) => [requestName(ask), ...treesOf(ask)]));
  const parts = new Map<string, Recorded<LockOperation>[]>();
  for (const { operation } of history) {
    if ("request" in operation) parts.set(leaderOf(requestName(operation)), []);
  }
  for (const recorded of history) {
    for (const part of partsOf(recorded.operation)) parts.get(part)?.push(recorded);
  }
  return [...parts.values()];

  function partsOf(operation: LockOperation): Iterable<string> {
    if (operation.type === "crash") return parts.keys();
    if ("request" in operation) return [leaderOf(requestName(operation))];
    const own = asks.filter(({ session }) => session === operation.session);
    return new Set(own.map((ask) => leaderOf(requestName(ask))));
  }
}

function requestName({ request }: { readonly request: string }): string {
  return `request ${request}`;
}

/** The trees of paths that a request is for; a namespace which somebody asks for as a whole is one tree. */
function treeNames(asks: readonly Ask[]): (ask: Ask) => readonly string[] {
  const isWhole = ({ claims }: Ask) => claims.some(({ path }) => path.length === 0);
  const whole = new Set(asks.filter(isWhole).map(({ namespace }) => namespace));
  return ({ namespace, claims }) =>
    claims.map(({ path }) => {
      return `tree ${JSON.stringify(whole.has(namespace) ? [namespace] : [namespace, path[0]])}`;
    });
}

/** Gives the name that stands for all which are, group by group, joined with a name. */
function join(groups: readonly (readonly string[])[]): (name: string) => string {
  const above = new Map<string, string>();
  const leaderOf = (name: string): string => {
    let leader = name;
    for (let next = above.get(leader); next !== undefined; next = above.get(leader)) leader = next;
    return leader;
  };
  for (const group of groups) {
    for (const name of group) {
      const [one, other] = [leaderOf(group[0] ?? name), leaderOf(name)];
      if (one !== other) above.set(other, one);
    }
  }
  return leaderOf;
}

/** Joins each request with the token of its grant, which some clients hear later. */
export function foreseeTokens(history: History<LockOperation>): History<LockOperation> {
  const tokens = new Map<string, number>();
  for (const { operation } of history) {
    if (operation.type !== "hear" || operation.answer?.type !== "granted") continue;
    if (operation.answer.token !== undefined) tokens.set(operation.request, operation.answer.token);
  }
  return history.map((recorded) => {
    const { operation } = recorded;
    const tokenHeard = "request" in operation ? tokens.get(operation.request) : undefined;
    if (operation.type !== "ask" || tokenHeard === undefined) return recorded;
    return { ...recorded, operation: { ...operation, tokenHeard } };
  });
}
