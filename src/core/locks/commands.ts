import type { FencingToken, LockKey, Namespace, RequestId } from "../ids.ts";
import type { Operation } from "../operation.ts";
import { type Requested, reserveShares, type TraitsTable } from "../traits.ts";

export type LockCommand = Acquire | Release | Renew | Revoke | Collect;

export const lockTraits = {
  acquire: { sender: "session", reserveShare: reserveShares.none },
  // By its key alone a lock is released from an address where no session is open.
  release: { sender: "anyone", reserveShare: reserveShares.giving },
  renew: { sender: "session", reserveShare: reserveShares.prolonging },
  revoke: { sender: "anyone", reserveShare: reserveShares.giving },
  collect: { sender: "node", reserveShare: reserveShares.none },
} as const satisfies TraitsTable<LockCommand>;

/** `[]` is the root: the whole namespace. Segments are opaque and compared exactly. */
export type Path = readonly string[];

export type Claim =
  | { readonly mode: "shared" | "exclusive"; readonly path: Path }
  /** One of `size` places at the path. The size sticks to the path until it is collected. */
  | { readonly mode: "slot"; readonly path: Path; readonly size: number };

/** Asks for all claims, granted together or not at all. Claims of one request never block each other. */
export interface Acquire extends Requested {
  readonly type: "acquire";
  readonly namespace: Namespace;
  readonly claims: readonly Claim[];
  /** 0: granted at once or rejected. Absent: waits for ever. */
  readonly waitMs?: number;
  /** The life of the grant, from the grant on. Absent: as long as the session. */
  readonly leaseMs?: number;
  /** Lets any session renew or release the lock. Absent: only its own session can. */
  readonly key?: LockKey;
  /** Whether a grant stays when its session ends, until it is released by its key or its lease ends. */
  readonly outlivesSession?: true;
}

/** Names a lock: by the session's own request for it, or by its path and key. */
export type LockTarget =
  | { readonly type: "request"; readonly request: RequestId }
  | {
      readonly type: "key";
      readonly namespace: Namespace;
      readonly path: Path;
      readonly key: LockKey;
    };

/** Gives a lock back, or leaves the line for it. */
export interface Release extends Requested {
  readonly type: "release";
  readonly target: LockTarget;
  /**
   * Released by the key alone: the session that gets the answer need not be open. A full disk accepts what
   * gives back, but opens no session for it.
   */
  readonly sessionless?: true;
}

/**
 * Restarts the lease of a held lock at `leaseMs` from now, be that longer or shorter. By its key it also
 * claims a lock whose owner has lost its connection or has ended (decision 0008).
 */
export interface Renew extends Requested {
  readonly type: "renew";
  readonly target: LockTarget;
  readonly leaseMs: number;
}

/** An operator takes a granted lock away from its holder; its owner is notified. */
export interface Revoke extends Operation {
  readonly type: "revoke";
  readonly token: FencingToken;
}

/** Forgets names and namespaces that have been idle for `idleMs`. */
export interface Collect {
  readonly type: "collect";
  readonly idleMs: number;
}
