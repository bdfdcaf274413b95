/**
 * A conversation is the server's side of what one peer says and is answered, whatever carries the bytes: plain
 * data, and functions over it without clock and I/O.
 *
 *   message, call, request ──receive──▶ ┌──────────┐ ──▶ commands, owed ──▶ log ──▶ effects ──deliver──┐
 *                                       │ behavior │ ──▶ topics ──▶ bus ──▶ events ──hear──────────────┤
 *                                       │  + talk  │ ──▶ jobs ──▶ results ──worked─────────────────────┤
 *                                       └──────────┘ ──▶ output, end ──▶ the peer                      │
 *                                            ▲─────────────────────────────────────────────────────────┘
 */
import type { Command } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import type { SessionCommand } from "../fleeting/command.ts";
import type { SessionEffect } from "../fleeting/effect.ts";
import type { HttpRequest, HttpResponse } from "./protocol.ts";

/** `Said` is what the transport takes from the peer; `Output` is what it sends. */
export interface Conversation<Said, Output, Data extends Talk = Talk> {
  readonly behavior: Behavior<Data, Said, Output>;
  readonly talk: Data;
}

/** The data of one conversation. Only the functions of its behavior change it. */
export interface Talk {
  /**
   * The session of the peer. Its effects and events come to this conversation alone. A command for any other
   * session only brings its own outcome.
   */
  readonly session?: SessionId;
  /** Where the peer is; its subscriptions count for that address. Absent: unknown, or it does not subscribe. */
  readonly address?: string;
  /** Who has logged in, for operators. Absent: the API has no logins. */
  readonly login?: { readonly user: string };
  /** How long nothing may be exchanged with the peer, in ms. Absent: for as long as it likes. */
  readonly idleMs?: number;
  /** How the peer came, for operators; absent: in the way of its API. */
  readonly transport?: string;
}

/** The functions of all conversations of one kind. After the end of a conversation none is called. */
export interface Behavior<Data extends Talk, Said, Output> {
  receive(talk: Data, said: Said): Step<Output>;
  /** Takes an effect for the session of the peer, or the outcome of a command for another one. */
  deliver(talk: Data, effect: Effect): Step<Output>;
  /** The log has refused the command and will never apply it. */
  refuse(talk: Data, request: RequestId, reason: string): Step<Output>;
  /**
   * Takes an event, the refusal of a subscription, or the answer to a publication. Absent: the peer neither
   * subscribes nor publishes with a request.
   */
  hear?(talk: Data, effect: SessionEffect): Step<Output>;
  /** Takes the result of a job. Absent: there are no jobs. */
  worked?(talk: Data, job: Job, result: unknown): Step<Output>;
  /**
   * The peer has ended its side. It says nothing more and may still read what it is owed, or may be gone for
   * good. Absent: that ends the conversation, except that an HTTP exchange goes on to its answer.
   */
  finish?(talk: Data): Step<Output>;
  /** Nothing was exchanged for as long as `idleMs` allows. */
  idle?(talk: Data): Step<Output>;
  /** Access has changed: ends the conversation if the peer is no longer authorized. Absent: it needs no access. */
  review?(talk: Data): Step<Output>;
  /**
   * The server is stopping: answers what it can and ends the conversation as soon as nothing is pending. Where much
   * waits, each step answers a part, and the host asks for the next one in this turn of the event loop or a later one.
   */
  stop(talk: Data): Step<Output>;
  /** The conversation has ended, for whatever reason; nothing can be sent any more. Called exactly once. */
  end(talk: Data): readonly Command[];
  /** What the peer has asked and the server still keeps for an answer; above a limit the server stops reading. */
  pendingCount(talk: Data): number;
  /** Bytes that the server keeps for the peer beside that, such as of a message that has begun. */
  keptBytes?(talk: Data): number;
}

export interface Step<Output> {
  readonly commands: readonly Command[];
  /** Further commands without a waiting peer. Those that the log refuses are proposed again later. */
  readonly owed?: readonly Command[];
  /** Commands for the fleeting plane, performed behind the output. */
  readonly topics?: readonly SessionCommand[];
  readonly jobs?: readonly Job[];
  /** Sent in this order. */
  readonly output: readonly Output[];
  /** Ends the conversation behind the output: from then on it neither receives nor sends. */
  readonly end?: Ending;
  /** A step of a stop: another one follows. */
  readonly goesOn?: boolean;
  /**
   * What arrived instead of a message: something that this protocol does not know at all, or only a piece of a
   * message. The server ends a conversation in which nothing but rubbish arrives.
   */
  readonly arrived?: "rubbish" | "piece";
}

/** The WebSocket close code (RFC 6455, section 7.4) and reason. Other transports have no place for them. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/**
 * Asynchronous work, such as hashing a password. The results of a conversation's jobs come in the order of the
 * jobs, and whatever the peer says meanwhile waits for them.
 */
export interface Job {
  /** Rejects only because of a bug. The signal aborts at the end of the conversation. */
  run(signal: AbortSignal): Promise<unknown>;
}

/** A whole WebSocket message, or a chunk of a byte stream, which is binary. */
export interface Message {
  readonly data: Uint8Array;
  readonly kind: MessageKind;
}

/** The kind of a WebSocket message (RFC 6455, section 5.6); text is valid UTF-8. */
export type MessageKind = "text" | "binary";

/** Over a WebSocket or a byte stream. A string leaves as a text message, bytes as a binary one. */
export type MessageConversation<Data extends Talk = Talk> = Conversation<
  Message,
  string | Uint8Array,
  Data
>;

/** A whole HTTP request, and its answer. The conversation ends with the answer. */
export type Exchange<Data extends Talk = Talk> = Conversation<HttpRequest, HttpResponse, Data>;

export const none: readonly never[] = [];

/** The step that does nothing. */
export const silence: Step<never> = { commands: none, output: none };

/** The step that ignores bytes that were no message. */
export const rubbish: Step<never> = { ...silence, arrived: "rubbish" };

export function say<Output>(...output: readonly Output[]): Step<Output> {
  return { commands: none, output };
}

/** Joins the steps into one, in their order. The last of their ends counts. */
export function joined<Output>(steps: readonly Partial<Step<Output>>[]): Step<Output> {
  const end = steps.findLast((step) => step.end !== undefined)?.end;
  const owed = steps.flatMap((step) => step.owed ?? none);
  const topics = steps.flatMap((step) => step.topics ?? none);
  const jobs = steps.flatMap((step) => step.jobs ?? none);
  return {
    commands: steps.flatMap(({ commands }) => commands ?? none),
    output: steps.flatMap(({ output }) => output ?? none),
    ...(owed.length > 0 && { owed }),
    ...(topics.length > 0 && { topics }),
    ...(jobs.length > 0 && { jobs }),
    ...(end !== undefined && { end }),
  };
}

export function asking(...commands: readonly Command[]): Step<never> {
  return { commands, output: none };
}
