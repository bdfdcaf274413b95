import type { Receiver } from "../../bus/bus.ts";
import type { RequestedCommand } from "../../core/command.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";
import type { SessionCommand } from "../../fleeting/command.ts";
import type { Behavior, Conversation, Talk } from "../../protocols/conversation.ts";
import type { Transport } from "./transport.ts";

/**
 * One peer, as the host keeps it. While a publication waits for a turn of the event loop, or a job runs, the peer
 * is held back: it is not read, and what has arrived from it waits.
 *
 *   open ──a publication waits, a job runs──▶ held back ──▶ open
 *     └── the connection ends, the conversation ends ──▶ over
 */
export interface Peer {
  readonly behavior: Behavior<Talk, unknown, unknown>;
  readonly talk: Talk;
  readonly transport: Transport<unknown>;
  readonly calls: PeerCalls;
  /** When the conversation began, in ms of the monotonic clock. */
  readonly sinceMs: number;
  /** When something was last exchanged with the peer, in ms of the same clock. */
  lastMs: number;
  /** The bus delivers the effects and events of the peer's session here. */
  isAttached: boolean;
  /** The requests on other sessions whose outcomes are still due. */
  readonly lent: Set<LentRequest>;
  /** When the commands without an outcome yet were proposed, in ms of the monotonic clock. */
  readonly askedAtMs: Map<RequestId, number>;
  /** Bytes that the transport counts for requests without an answer, and what the behavior keeps. */
  keptBytes: number;
  /** Work of its commands that its transport has not been charged with, in ms. */
  workMs: number;
  /** Too much is pending. */
  isCongested: boolean;
  /** Publications that wait for a turn, with the subscriptions behind them. */
  topics: readonly SessionCommand[];
  /** Whether the peer waits for its turn to publish. */
  awaitsTurn: boolean;
  jobCount: number;
  /** Settles once the results of all jobs so far have been received. */
  jobs: Promise<void>;
  /** Aborts the jobs; created with the first. */
  abort: AbortController | undefined;
  /** What arrived while the peer was held back. */
  unheard: unknown[];
  /** How the peer has left, which comes behind all that has arrived from it. */
  leaving: "finished" | "closed" | undefined;
  /** What it was last told of an event could not arrive any more. */
  isDeaf: boolean;
  /** Messages in a row that were rubbish. */
  rubbishCount: number;
  isOver: boolean;
}

/** The functions that others call about the peer. */
export interface PeerCalls extends Receiver {
  refuse(command: RequestedCommand, reason: string): void;
}

export interface LentRequest {
  readonly session: SessionId;
  readonly request: RequestId;
}

export function createPeer(
  { behavior, talk }: Conversation<unknown, unknown>,
  transport: Transport<unknown>,
  sinceMs: number,
  calls: PeerCalls,
): Peer {
  return {
    behavior,
    talk,
    transport,
    calls,
    sinceMs,
    lastMs: sinceMs,
    isAttached: false,
    lent: new Set(),
    askedAtMs: new Map(),
    keptBytes: 0,
    workMs: 0,
    isCongested: false,
    topics: [],
    awaitsTurn: false,
    jobCount: 0,
    jobs: Promise.resolve(),
    abort: undefined,
    unheard: [],
    leaving: undefined,
    isDeaf: false,
    rubbishCount: 0,
    isOver: false,
  };
}

export function isHeldBack({ awaitsTurn, jobCount }: Peer): boolean {
  return awaitsTurn || jobCount > 0;
}
