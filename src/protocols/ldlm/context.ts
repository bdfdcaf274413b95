import type { LockKey, Namespace, NodeId } from "../../core/ids.ts";
import type { Identities } from "../protocol.ts";

/** What both doors of LDLM are told by the configuration, and what they ask of the world. */
export interface LdlmContext extends Identities {
  readonly node: NodeId;
  /** Where the names of LDLM live. */
  readonly namespace: Namespace;
  /** What every request must give; absent: nothing. */
  readonly password: string | undefined;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
}

export interface LdlmRestContext extends LdlmContext {
  /** A session without requests for this long is over. */
  readonly sessionIdleMs: number;
  /** The longest that a lock may wait; 0: none waits, whatever its request says. */
  readonly waitMsMax: number;
  /** Origins whose pages may ask, beside those of this very host. */
  readonly allowedOrigins: readonly string[];
  readonly jsonDepthMax: number;
  /** 32 hex digits from a source fit for secrets. */
  newSecret(): string;
  /** Unix ms by the wall clock, by which clients read the date in a cookie. */
  now(): number;
}

export interface LdlmGrpcContext extends LdlmContext {
  /** Whether what a connection has locked stays locked when it is gone. */
  readonly keepsLocks: boolean;
  /** How long what it has locked is kept after a restart of the server, unless somebody renews it. */
  readonly restartGraceMs: number;
  /** Of one connection: calls at once that wait if they have to. */
  readonly waitersMax: number;
}
