import type { LockKey, Namespace, NodeId } from "../../core/ids.ts";
import type { Identities } from "../protocol.ts";

/** What the REST door is told by the configuration, and what it asks of the world. */
export interface LdlmRestContext extends Identities {
  readonly node: NodeId;
  /** Where the names of LDLM live. */
  readonly namespace: Namespace;
  /** A session without requests for this long is over. */
  readonly sessionIdleMs: number;
  /** What every request must give; absent: nothing. */
  readonly password: string | undefined;
  /** Whether cookies travel encrypted. */
  readonly isTls: boolean;
  /** Origins whose pages may ask, beside those of this very host. */
  readonly allowedOrigins: readonly string[];
  readonly jsonDepthMax: number;
  /** 32 hex digits from a source fit for secrets. */
  newSecret(): string;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
  /** Unix ms by the wall clock, by which clients read the date in a cookie. */
  now(): number;
}
