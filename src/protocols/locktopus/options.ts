import type { Claim } from "../../core/command.ts";
import type { Namespace, NodeId } from "../../core/ids.ts";
import type { LockStatistics } from "../../core/locks/statistics.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { Identities } from "../protocol.ts";
import type { AbandonTimeouts } from "./upgrade.ts";

/** Settings and functions that the API needs. */
export interface LocktopusOptions extends Identities {
  readonly node: NodeId;
  readonly abandonTimeouts: AbandonTimeouts;
  readonly jsonDepthMax: number;
  /** The namespaces that the core knows. */
  readonly namespaces: Namespaces;
  /** The fault for which the core would reject the claims, so that a request that is too large does not reach the log. */
  claimsFault(claims: readonly Claim[]): Rejection | undefined;
  /** `undefined` for a namespace that is unknown to the core. Walks at most so many nodes. */
  statistics(namespace: Namespace, nodesMax: number): LockStatistics | undefined;
  /** Monotonic. */
  nowMs(): number;
  /** How long the status page and the statistics of a namespace are kept for all who ask. */
  readonly pageIntervalMs: number;
  /** The first line of the status page. */
  readonly title: string;
  /** Parameters on the status page besides the default abandon timeout. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** Some of them may come and go between two calls. */
export type Namespaces = Pick<ReadonlyMap<Namespace, unknown>, "size" | "has" | "keys">;
