import type { LockKey, Namespace, NodeId } from "../../core/ids.ts";
import type { Event } from "../../fleeting/topics.ts";
import type { Identities, Step } from "../protocol.ts";
import type { Gate } from "./gate.ts";

/** What the API is told by the configuration, and what it asks of the world. */
export interface SoftvisioOptions extends Identities {
  readonly node: NodeId;
  /** Where the ids of mutexes live. */
  readonly namespace: Namespace;
  /** How long mutexes are kept after a restart of the server; decision 0011. */
  readonly restartGraceMs: number;
  /** Calls of one connection that wait for a mutex. */
  readonly waitersMax: number;
  readonly nameBytesMax: number;
  readonly jsonDepthMax: number;
  /** Origins whose pages may ask over HTTP, beside those of this very host. */
  readonly allowedOrigins: readonly string[];
  readonly gate: Gate;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
  /** Whether somebody would have to wait for the mutex, as far as the log has been applied. */
  isTaken(mutexId: string): boolean;
}

/** What a connection asks besides. */
export interface SoftvisioConnectionOptions extends SoftvisioOptions {
  /** What came with the handshake, if anything. */
  readonly token: string | undefined;
  /** What is said of an event, made once for all connections that hear it. */
  tellingOf(event: Event): Step;
}
