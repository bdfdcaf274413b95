import type { Namespace } from "../ids.ts";
import type { State } from "../state.ts";
import { itemsOf } from "../table.ts";
import type { LockNode } from "./state.ts";

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
}

/** Nodes that are walked for `segmentsDistinct`; in larger trees every path counts. */
const nodesWalkedMax = 100_000;

/** `undefined` when the namespace is unknown. */
export function statisticsOf(state: State, namespace: Namespace): LockStatistics | undefined {
  const space = state.locks.spaces.get(namespace);
  if (space === undefined) return undefined;
  return {
    lastNumber: space.lastNumber,
    requestsWaiting: space.requestsWaiting,
    requestsGranted: space.requestsGranted,
    claimsWaiting: space.claimsWaiting,
    claimsGranted: space.claimsGranted,
    visits: space.visitCount,
    paths: space.nodeCount,
    segmentsDistinct:
      space.nodeCount > nodesWalkedMax ? space.nodeCount : distinctSegments(space.root).size,
  };
}

function distinctSegments(root: LockNode): ReadonlySet<string> {
  const segments = new Set<string>();
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.visitCount === 0) continue;
    if (node.parent !== undefined) segments.add(node.name);
    if (node.children === undefined) continue;
    for (const child of itemsOf(node.children)) open.push(child);
  }
  return segments;
}
