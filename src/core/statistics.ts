import type { Namespace } from "./ids.ts";
import type { LockNode, State } from "./state.ts";
import { itemsOf } from "./table.ts";

/** Counts of one namespace; what operators and the Locktopus statistics page see. */
export interface LockStatistics {
  /** The number of the last accepted request. */
  readonly lastNumber: number;
  readonly requestsWaiting: number;
  readonly requestsGranted: number;
  /** Claims of the waiting and of the granted requests. */
  readonly claimsWaiting: number;
  readonly claimsGranted: number;
  /** Places in which live claims are entered: for each claim one per segment of its path, and the root. */
  readonly visits: number;
  /** Distinct paths stored below the root: those of live claims with all their prefixes. */
  readonly paths: number;
  /** Segments of the stored paths, equal ones in different places counted once. */
  readonly segmentsDistinct: number;
}

/** Nodes that are looked at one by one for `segmentsDistinct`; in larger trees every path counts. */
const nodesWalkedMax = 100_000;

/** `undefined` when the core knows no such namespace. */
export function statisticsOf(state: State, namespace: Namespace): LockStatistics | undefined {
  const space = state.spaces.get(namespace);
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
