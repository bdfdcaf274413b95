import type { RequestId, SessionId } from "./ids.ts";

/** What the log, the disk and the replica must know of a command without understanding it. */
export interface CommandTraits {
  /** Who sends it, and who waits for its outcome. */
  readonly sender: Sender;
  /**
   * The part of a full disk's reserve that the command may use. A full disk refuses it at 0. It accepts what leaves
   * the state no larger, because that is what makes room.
   */
  readonly reserveShare: ReserveShare;
}

/** Commands that a client may repeat leave room for others: a holder can renew without end, and release only once. */
export const reserveShares = {
  /** What makes the state larger, or can wait. */
  none: 0,
  /** What prolongs something. */
  prolonging: 0.5,
  /** What makes the state smaller. */
  giving: 0.875,
  /** Commands that the server itself cannot do without. */
  needed: 1,
} as const;

export type ReserveShare = (typeof reserveShares)[keyof typeof reserveShares];

/**
 * - `node`: the server itself; nobody waits for an outcome.
 * - `session`: an open session; otherwise the outcome is the rejection `session_ended`.
 * - `anyone`: whoever has the address for the outcome; no session need be open there.
 */
export type Sender = "node" | "session" | "anyone";

/** A command whose outcome is sent to the session, under the request. */
export interface Requested {
  readonly session: SessionId;
  readonly request: RequestId;
}

/** The traits of every command of a union; only those of a node have no address for an outcome. */
export type TraitsTable<Command extends { readonly type: string }> = {
  readonly [Type in Command["type"]]: Extract<Command, { type: Type }> extends Requested
    ? CommandTraits & { readonly sender: "session" | "anyone" }
    : CommandTraits & { readonly sender: "node" };
};
