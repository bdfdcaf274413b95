import type { Namespace } from "../ids.ts";
import type { State } from "../state.ts";
import type { Path } from "./commands.ts";
import { isEndOfClaims } from "./line.ts";
import type { LockNode } from "./state.ts";
import { childAt } from "./tree.ts";

/**
 * Whether an exclusive request for just this path would have to wait: somebody holds the path, something
 * above it or something below it, or is in line for that.
 */
export function isTaken({ locks }: State, namespace: Namespace, path: Path): boolean {
  let node: LockNode | undefined = locks.spaces.get(namespace)?.root;
  for (const segment of path) {
    if (node === undefined) return false;
    if (isEndOfClaims(node)) return true;
    node = childAt(node, segment);
  }
  return node !== undefined && node.visitCount > 0;
}
