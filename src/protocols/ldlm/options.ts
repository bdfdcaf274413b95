import type { LockKey, Namespace, NodeId, TimeMs } from "../../core/ids.ts";
import type { Identity } from "../identity.ts";
import type { Identities } from "../protocol.ts";

/** Settings and functions that LDLM needs over gRPC and REST alike. */
export interface LdlmOptions extends Identities {
  readonly node: NodeId;
  /** The namespace of LDLM's names. */
  readonly namespace: Namespace;
  readonly identity: Identity;
  /** UTF-8 bytes of a lock's name. */
  readonly nameBytesMax: number;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
  /** What the wall clock shows at a time of the log, in Unix ms. */
  wallMsOf(at: TimeMs): number;
}

export interface LdlmRestOptions extends LdlmOptions {
  /** A session ends after this long without requests. */
  readonly sessionIdleMs: number;
  /** The longest wait for a lock; 0: no request waits. */
  readonly waitMsMax: number;
  /** Whether the fencing token and the lease stand in the body, too. */
  readonly hasBodyExtras: boolean;
  /** Origins whose pages may send requests, besides this host's own. */
  readonly allowedOrigins: readonly string[];
  readonly jsonDepthMax: number;
  /** 32 hex digits from a cryptographic source. */
  newSecret(): string;
  /** Unix ms by the wall clock, for the date in a cookie. */
  now(): number;
}

export interface LdlmGrpcOptions extends LdlmOptions {
  /** Whether a connection's locks outlive it. */
  readonly keepsLocks: boolean;
  /** How long the server keeps its locks after a restart unless a client renews them. */
  readonly restartGraceMs: number;
  /** Concurrent calls of one connection that may wait in line. */
  readonly waitersMax: number;
  /** Monotonic. */
  nowMs(): number;
  /** A lock ended with its connection as soon as it was granted. */
  noteBriefGrant(address: string | undefined): void;
}
