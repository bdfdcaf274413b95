import type { RequestId, SessionId } from "./ids.ts";

/** What the log, the disk and the replica must know of a command without understanding it. */
export interface CommandTraits {
  /** Who sends it, and who waits for its outcome. */
  readonly sender: Sender;
  /**
   * Whether the state is no larger afterwards. A full disk still accepts such commands, because they are
   * what makes room.
   */
  readonly givesBack: boolean;
}

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
