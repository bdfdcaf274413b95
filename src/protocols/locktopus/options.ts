import type { Namespace, NodeId } from "../../core/ids.ts";
import type { LockStatistics } from "../../core/locks/statistics.ts";
import type { Identities } from "../protocol.ts";

/** Settings and functions that the API needs. */
export interface LocktopusOptions extends Identities {
  readonly node: NodeId;
  /** For connections that choose none; at most `durationMsMax`. */
  readonly abandonTimeoutMsDefault: number;
  readonly jsonDepthMax: number;
  /** `undefined` for a namespace that is unknown to the core. */
  statistics(namespace: Namespace): LockStatistics | undefined;
  /** The namespaces that the core knows. */
  namespaces(): readonly string[];
  /** The first line of the status page. */
  readonly title: string;
  /** Parameters on the status page besides the default abandon timeout. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}
