import type { Clock } from "../clock.ts";

/**
 * The books of one connection: the work that its peer makes in a turn of the event loop (turns.ts), and the
 * bytes that the server keeps for it (memory.ts).
 */
export interface Account {
  readonly turns: Turns;
  readonly memory: Memory;
  /** `undefined`: a proxy speaks for itself. */
  readonly address: string | undefined;
  readonly share: Share;
  /** Bytes that the server keeps for the peer, their overhead included. */
  bytes: number;
  /** Out of the books: its connection is about to end, or has ended. */
  isClosed: boolean;
  /** Notes that the server keeps too much for the peer, and ends the connection. */
  readonly cut: () => void;
  /** Ends the connection in the way of its protocol, which is known later than the peer. */
  end: () => void;
  /** Work done for the peer and not forgiven yet, in ms of the event loop. */
  debtMs: number;
  /** When part of the debt was last forgiven. */
  forgivenAtMs: number;
  /** Goes on with the peer's work; set while the account waits in line for it. */
  work: (() => void) | undefined;
}

/** The debt of closed connections, in ms. */
export interface PastDebt {
  readonly ms: number;
  /** When the last of them was closed. */
  readonly atMs: number;
}

/** The line of the accounts that wait for a turn; see turns.ts. */
export interface Turns {
  readonly clock: Pick<Clock, "nowMs" | "after" | "soon">;
  /** Bytes that wait to be written to the log. */
  readonly logBytes: () => number;
  /** Accounts in line, which wait for the end of a turn. */
  readonly light: Line;
  readonly heavy: Line;
  /** What closed connections have left behind, by address, the latest last. */
  readonly pastDebts: Map<string, PastDebt>;
  /** Work done at once in this turn, in ms. */
  spentMs: number;
  /** Work of answers that are under way: the log has yet to take what they say, in ms. */
  underWayMs: number;
  /** When a heavy account was last served at the end of a turn. */
  heavyAtMs: number;
  /** Until then heavy accounts wait. */
  restUntilMs: number;
  /** The end of this turn is scheduled. */
  isScheduled: boolean;
  /** Heavy accounts rest, and a timer looks whether they still must. */
  willLookAgain: boolean;
}

/** Accounts in line, by the share of their address, the next to come first; see line.ts. */
export type Line = Map<Share, Set<Account>>;

/** The bytes that the server keeps for all peers; see memory.ts. */
export interface Memory {
  readonly limits: MemoryLimits;
  readonly clock: Pick<Clock, "soon">;
  readonly accounts: Set<Account>;
  readonly shares: Map<string, Share>;
  bytes: number;
  /** Connections that were cut because the server kept too much for them. */
  cutTotal: number;
  /** At the end of this turn the server cuts the largest accounts. */
  isScheduled: boolean;
}

/** The bytes that the server keeps for the connections of one address. */
export interface Share {
  /** The address, or with IPv6 its network; `undefined`: a proxy that speaks for itself. */
  readonly network: string | undefined;
  accountCount: number;
  bytes: number;
}

export interface MemoryLimits {
  /** Bytes kept for all peers together. */
  readonly bytesMax: number;
  /** Bytes kept for all connections of one address together. */
  readonly bytesPerAddressMax: number;
  /** Bytes kept for one connection. */
  readonly bytesPerConnectionMax: number;
}
