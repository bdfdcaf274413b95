import type { Claim, SessionLife } from "../../../src/core/command.ts";

/** What clients do with locks, through whichever API. Sessions and requests have names of the history's own. */
export type LockOperation = Ask | Hear | Release | Renew | EndSession | LoseConnection | Crash;

/** Asks for a lock, with the first answer. */
export interface Ask {
  readonly type: "ask";
  readonly session: string;
  readonly life: SessionLife;
  /** The name of what is asked for, unique in the history. */
  readonly request: string;
  readonly namespace: string;
  readonly claims: readonly Claim[];
  /** Gets in line when the lock is not free; else it is refused. */
  readonly isWaiting: boolean;
  readonly leaseMs?: number;
  readonly answer?: AskAnswer;
  /** The token of its grant, when that was heard later; `foreseeTokens` fills it in. */
  readonly tokenHeard?: number;
}

export type AskAnswer =
  | Granted
  /** In line. */
  | { readonly type: "waiting"; readonly number?: number }
  /** Others hold it. */
  | { readonly type: "refused" }
  /** The slot is known with another size. */
  | { readonly type: "size_mismatch" };

/** With its fencing token and its number in the namespace, as far as the API tells them. */
export interface Granted {
  readonly type: "granted";
  readonly number?: number;
  readonly token?: number;
}

/** Listens whether the turn of a request that waits has come; called when it was told to wait. */
export interface Hear {
  readonly type: "hear";
  readonly request: string;
  /** `silence`: it was given up, and was still waiting at some moment since it was called. */
  readonly answer?: Granted | { readonly type: "silence" };
}

/** Gives back a lock; its own session may also leave the line. Anybody may who has the key. */
export interface Release {
  readonly type: "release";
  readonly session: string;
  readonly request: string;
  readonly by: "session" | "key";
  readonly answer?: "released" | "not_holder";
}

/** By the key. */
export interface Renew {
  readonly type: "renew";
  readonly session: string;
  readonly request: string;
  readonly leaseMs: number;
  readonly answer?: "renewed" | "not_holder";
}

/** Gives back all that the session has. */
export interface EndSession {
  readonly type: "end_session";
  readonly session: string;
  /** `over`: it had been so before. */
  readonly answer?: "ended" | "over";
}

/** The client is gone or hangs up; whether and when the server notices is its own affair. */
export interface LoseConnection {
  readonly type: "lose_connection";
  readonly session: string;
  readonly answer?: never;
}

/** The server was killed, and started again. */
export interface Crash {
  readonly type: "crash";
  readonly answer?: never;
}
