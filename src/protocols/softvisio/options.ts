import type { LockKey, Namespace, NodeId } from "../../core/ids.ts";
import type { Identity } from "../identity.ts";
import type { Identities } from "../protocol.ts";

/** Settings and functions that the API needs. */
export interface SoftvisioOptions extends Identities {
  readonly node: NodeId;
  /** The namespace of mutex ids. */
  readonly namespace: Namespace;
  /** How long the server keeps mutexes after a restart; decision 0011. */
  readonly restartGraceMs: number;
  /** Concurrent calls of one connection that may wait for a mutex. */
  readonly waitersMax: number;
  readonly nameBytesMax: number;
  readonly jsonDepthMax: number;
  /** Origins whose pages may send HTTP requests, besides this host's own. */
  readonly allowedOrigins: readonly string[];
  readonly identity: Identity;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
  /** Whether a new request for the mutex would have to wait, in the applied state. */
  isTaken(mutexId: string): boolean;
}
