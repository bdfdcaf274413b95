import type { Namespace } from "../ids.ts";
import type { State } from "../state.ts";
import { itemsOf } from "../table.ts";
import type { LockSpace } from "./state.ts";

/** Counts of one namespace, for operators and the Locktopus statistics page. */
export interface LockStatistics {
  /** The number of the last accepted request. */
  readonly lastNumber: number;
  readonly requestsWaiting: number;
  readonly requestsGranted: number;
  /** Claims of the waiting and of the granted requests. */
  readonly claimsWaiting: number;
  readonly claimsGranted: number;
  /** Visits of live claims: for each claim one per segment of its path, and the root. */
  readonly visits: number;
  /** Distinct paths stored below the root: those of live claims with all their prefixes. */
  readonly paths: number;
  /** Segments of the stored paths, equal ones in different places counted once. */
  readonly segmentsDistinct: number;
  /** The cost of these statistics. */
  readonly nodesWalked: number;
}

/**
 * `undefined` when the namespace is unknown. Walks at most `nodesMax` nodes for `segmentsDistinct`; in a larger
 * tree every path counts.
 */
export function statisticsOf(
  state: State,
  namespace: Namespace,
  nodesMax: number,
): LockStatistics | undefined {
  const space = state.locks.spaces.get(namespace);
  if (space === undefined) return undefined;
  const { segments, nodesWalked } = walk(space, nodesMax);
  return {
    lastNumber: space.lastNumber,
    requestsWaiting: space.requestsWaiting,
    requestsGranted: space.requestsGranted,
    claimsWaiting: space.claimsWaiting,
    claimsGranted: space.claimsGranted,
    visits: space.visitCount,
    paths: space.nodeCount,
    segmentsDistinct: segments?.size ?? space.nodeCount,
    nodesWalked,
  };
}

interface Walk {
  /** The distinct segments; `undefined` if the walk did not come to its end. */
  readonly segments: ReadonlySet<string> | undefined;
  readonly nodesWalked: number;
}

/** Names that nothing needs any more may stay in the tree, and cost a step of the walk like any other. */
function walk({ root, nodeCount }: LockSpace, nodesMax: number): Walk {
  if (nodeCount > nodesMax) return { segments: undefined, nodesWalked: 0 };
  const segments = new Set<string>();
  const open = [root];
  let nodesWalked = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.children === undefined) continue;
    for (const child of itemsOf(node.children)) {
      if (nodesWalked === nodesMax) return { segments: undefined, nodesWalked };
      nodesWalked += 1;
      if (child.visitCount === 0) continue;
      segments.add(child.name);
      open.push(child);
    }
  }
  return { segments, nodesWalked };
}
