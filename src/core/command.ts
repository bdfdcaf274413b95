import type {
  ApiTokenId,
  FencingToken,
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "./ids.ts";
import type { Limits } from "./limits.ts";

/** A command in its place in the log. The same entries make the same state, wherever applied. */
export interface Entry<C extends Command = Command> {
  readonly index: LogIndex;
  /** Never lower than that of an earlier entry. */
  readonly at: TimeMs;
  readonly command: C;
}

/**
 * Whether the command leaves the state no larger than it was. Such commands are taken even when the
 * disk is full, since they are what makes room.
 */
export function givesBack({ type }: Command): boolean {
  return type !== "acquire" && type !== "open_session" && type !== "create_api_token";
}

export type Command =
  | Start
  | Tick
  | Collect
  | Advance
  | OpenSession
  | TouchSession
  | DetachSession
  | CloseSession
  | KickSession
  | Acquire
  | Release
  | Renew
  | Revoke
  | CreateApiToken
  | RevokeApiToken;

/** Beside these a log may hold only what a newer program has written. */
export const commandTypes: ReadonlySet<string> = new Set(
  Object.keys({
    start: true,
    tick: true,
    collect: true,
    advance: true,
    open_session: true,
    touch_session: true,
    detach_session: true,
    close_session: true,
    kick_session: true,
    acquire: true,
    release: true,
    renew: true,
    revoke: true,
    create_api_token: true,
    revoke_api_token: true,
  } satisfies Record<Command["type"], true>),
);

/** A node has started: no connection that it had before is alive any more. */
export interface Start {
  readonly type: "start";
  readonly node: NodeId;
  /** How long what survived the restart is kept for its owner, unless the session says otherwise. */
  readonly restartGraceMs: number;
  readonly limits: Limits;
}

/** Time has passed; ends every lease, wait and session whose deadline has come. */
export interface Tick {
  readonly type: "tick";
}

/** Frees names and namespaces that nobody has used for `idleMs`. */
export interface Collect {
  readonly type: "collect";
  readonly idleMs: number;
}

/**
 * The log lacks what came next: it was restored from a backup, or its end was lost. What was granted
 * there may still be in the hands of clients, so all that is counted goes on from `by` further.
 */
export interface Advance {
  readonly type: "advance";
  /** A whole number from 1 to `advanceMax`. */
  readonly by: number;
}

/**
 * What keeps a session alive: its connection, with a grace after it is gone; or its own requests,
 * of which two are never further apart than `idleMs`.
 */
export type SessionLife =
  | {
      readonly type: "connection";
      /** From the loss of the connection to the end of the session. */
      readonly graceMs: number;
      /** The same after a restart of the server; absent: the server's `restartGraceMs`. */
      readonly restartGraceMs?: number;
    }
  | { readonly type: "idle"; readonly idleMs: number };

/** Opening a session that is open already only touches it. */
export interface OpenSession {
  readonly type: "open_session";
  readonly node: NodeId;
  readonly session: SessionId;
  readonly request: RequestId;
  /** The API it came through, as operators know it: `locktopus`, `ldlm`. */
  readonly api: string;
  readonly life: SessionLife;
}

/** A sign of life. */
export interface TouchSession {
  readonly type: "touch_session";
  readonly session: SessionId;
  readonly request: RequestId;
}

/** The connection is gone: waiters leave at once, the session itself ends after its grace. */
export interface DetachSession {
  readonly type: "detach_session";
  readonly session: SessionId;
}

/** Ends the session now, and with it all that it owns. */
export interface CloseSession {
  readonly type: "close_session";
  readonly session: SessionId;
  readonly request: RequestId;
}

/** An operator ends a session as `close_session` would; it is told of that. */
export interface KickSession extends Operation {
  readonly type: "kick_session";
  readonly target: SessionId;
}

/** What an operator asks for: of others, without being one of them. */
export interface Operation {
  /** Where the operator is told of the outcome; such a session need not be open. */
  readonly session: SessionId;
  readonly request: RequestId;
  /** Who it is, for whoever reads the log later; at most `operatorLengthMax` code units. */
  readonly by: string;
}

/** `[]` is the root: the whole namespace. Segments are opaque and compared exactly. */
export type Path = readonly string[];

export type Claim =
  | { readonly mode: "shared" | "exclusive"; readonly path: Path }
  /** One of `size` places at the path. The size sticks to the path until it is collected. */
  | { readonly mode: "slot"; readonly path: Path; readonly size: number };

/** Asks for all claims, granted together or not at all. Claims of one request never block each other. */
export interface Acquire {
  readonly type: "acquire";
  readonly session: SessionId;
  readonly request: RequestId;
  readonly namespace: Namespace;
  readonly claims: readonly Claim[];
  /** 0: granted at once or rejected. Absent: waits for ever. */
  readonly waitMs?: number;
  /** The grant's life, from the grant on. Absent: as long as the session. */
  readonly leaseMs?: number;
  /** The proof for `renew` and `release` from any session. Absent: only the own session may. */
  readonly key?: LockKey;
  /** Whether a grant stays when its session ends, to be released by its key or its lease. */
  readonly outlivesSession?: true;
}

/** How a lock is named: by the session's own request for it, or by its path and key. */
export type LockTarget =
  | { readonly type: "request"; readonly request: RequestId }
  | {
      readonly type: "key";
      readonly namespace: Namespace;
      readonly path: Path;
      readonly key: LockKey;
    };

/** Gives a lock back, or leaves the line for it. */
export interface Release {
  readonly type: "release";
  readonly session: SessionId;
  readonly request: RequestId;
  readonly target: LockTarget;
  /**
   * By its key alone: the session, to which the answer goes, need not be open. A full disk takes what
   * gives back, and opens no session for it.
   */
  readonly sessionless?: true;
}

/**
 * Restarts the lease of a held lock at `leaseMs` from now, be that longer or shorter. By its key it also
 * claims a lock whose owner has lost its connection, or is over (decision 0008).
 */
export interface Renew {
  readonly type: "renew";
  readonly session: SessionId;
  readonly request: RequestId;
  readonly target: LockTarget;
  readonly leaseMs: number;
}

/** An operator takes a granted lock away from whoever holds it; its owner is told of that. */
export interface Revoke extends Operation {
  readonly type: "revoke";
  readonly token: FencingToken;
}

/** An operator makes a token by which programs may use an API, until it is revoked. */
export interface CreateApiToken extends Operation {
  readonly type: "create_api_token";
  readonly token: ApiTokenId;
  /** What people call it; no two tokens have the same. */
  readonly name: string;
  /**
   * SHA-256 of the whole text of the token, as 64 lower-case hexadecimal digits. The text itself never
   * comes here: it is shown once, and whoever reads the log cannot make it.
   */
  readonly digest: string;
}

/** An operator ends an API token; its name is free again. */
export interface RevokeApiToken extends Operation {
  readonly type: "revoke_api_token";
  readonly token: ApiTokenId;
}
