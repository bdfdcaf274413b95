import type { NodeId, RequestId, SessionId } from "../ids.ts";
import type { Operation } from "../operation.ts";
import { type Requested, reserveShares, type TraitsTable } from "../traits.ts";

export type SessionCommand =
  | OpenSession
  | TouchSession
  | DetachSession
  | CloseSession
  | KickSession;

export const sessionTraits = {
  open_session: { sender: "anyone", reserveShare: reserveShares.none },
  touch_session: { sender: "session", reserveShare: reserveShares.prolonging },
  detach_session: { sender: "node", reserveShare: reserveShares.giving },
  close_session: { sender: "session", reserveShare: reserveShares.giving },
  kick_session: { sender: "anyone", reserveShare: reserveShares.giving },
} as const satisfies TraitsTable<SessionCommand>;

/**
 * What keeps a session alive: its connection, with a grace after its loss; or its own requests, which
 * never come further apart than `idleMs`.
 */
export type SessionLife =
  | {
      readonly type: "connection";
      /** From the loss of the connection to the end of the session. */
      readonly graceMs: number;
      /** The same after a restart of the node; absent: the node's `restartGraceMs`. */
      readonly restartGraceMs?: number;
    }
  | { readonly type: "idle"; readonly idleMs: number };

/**
 * Who is behind a session, as far as its node knows; for operators, never for decisions. Each text has at
 * most `originLengthMax` UTF-16 code units.
 */
export interface SessionOrigin {
  /** Remote address, without the port; absent: the transport has none. */
  readonly address?: string;
  /** Name of the user or API token that the peer proved to be. */
  readonly principal?: string;
  /** What the client calls itself. */
  readonly name?: string;
}

/** Opens a session. If it is open already, this attaches it again and counts as a sign of life. */
export interface OpenSession extends Requested {
  readonly type: "open_session";
  readonly node: NodeId;
  /** The API through which it came: `locktopus`, `ldlm`. */
  readonly api: string;
  readonly life: SessionLife;
  readonly origin: SessionOrigin;
}

/** A sign of life. */
export interface TouchSession extends Requested {
  readonly type: "touch_session";
}

/** The connection is lost: waiters leave at once, the session itself ends after its grace. */
export interface DetachSession {
  readonly type: "detach_session";
  readonly session: SessionId;
  /** Its pulls that the client was not told a task for: what they got goes back, as if it had not been pulled. */
  readonly unanswered?: readonly RequestId[];
}

/** Ends the session now, and with it all that it owns. */
export interface CloseSession extends Requested {
  readonly type: "close_session";
}

/** An operator ends a session as `close_session` would; the session is notified. */
export interface KickSession extends Operation {
  readonly type: "kick_session";
  readonly target: SessionId;
}
