import type { Command } from "../core/command.ts";
import type { Effect, Outcome } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";

/** New ids, as functions, so that tests can choose them. */
export interface Identities {
  /** A request id that is new to the log. */
  nextRequest(): RequestId;
  /** A session id that is new to the log. */
  nextSession(): SessionId;
}

/** One message-based connection of one protocol, without I/O. */
export interface MessageConnection {
  /** The session of its subscriptions; absent: it never subscribes. */
  readonly session?: SessionId;
  /** Takes a whole message: returns its commands, and the output that needs no outcome. */
  receive(message: Uint8Array, kind: MessageKind): Step;
  /** Takes an effect for one of this connection's sessions. */
  deliver(effect: Effect): Step;
  /** The log has refused the command and will never apply it. */
  refuse(request: RequestId, reason: string): Step;
  /** Takes an event, the refusal of a subscription, or the answer to a publication; only output follows. */
  hear?(effect: TopicEffect): Pick<Step, "output">;
  /** Access has changed: closes the connection if its client is no longer authorized. */
  review?(): Step;
  /** The server is stopping: answers what it can and closes the connection. */
  stop(): Step;
  /** The connection has ended, for whatever reason; it can send nothing more. */
  end(): readonly Command[];
  /** Commands without an outcome yet; above a limit the gateway stops reading. */
  pendingCount(): number;
}

/** The kind of a WebSocket message (RFC 6455, section 5.6); text is valid UTF-8. */
export type MessageKind = "text" | "binary";

export interface Step {
  readonly commands: readonly Command[];
  /** Further commands without a waiting client. Those that the log refuses are proposed again later. */
  readonly owed?: readonly Command[];
  /** Commands for topics, performed behind the output. */
  readonly topics?: readonly TopicCommand[];
  /** Sent in this order. After `close` the connection neither receives nor sends. */
  readonly output: readonly Output[];
}

export type Output =
  | { readonly type: "text"; readonly text: string }
  /** The WebSocket close code (RFC 6455, section 7.4) and reason. */
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** A whole HTTP request. */
export interface HttpRequest {
  /** Of the peer of the connection, without the port; `undefined` once it is gone. */
  readonly remoteAddress: string | undefined;
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string;
  /** The query as sent, without the question mark; empty without one. */
  readonly query: string;
  /** Names in lower case; repeated headers joined according to RFC 9110, section 5.3. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The request came over TLS that ends in this process, not in a proxy. */
  readonly isEncrypted: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The result of an HTTP request: an answer, or a command whose outcome becomes the answer. */
export type HttpStep =
  | {
      readonly type: "answer";
      readonly response: HttpResponse;
      readonly topics?: readonly TopicCommand[];
    }
  | {
      readonly type: "ask";
      readonly command: Extract<Command, { session: SessionId; request: RequestId }>;
      /** Answers the command's first outcome other than `waiting`. */
      respond(outcome: Outcome): HttpResponse;
      /** Answers when the log refuses the command. */
      refuse(reason: string): HttpResponse;
      /** The command that withdraws the first one when the client is gone. */
      withdraw?(): Command;
    };
