import type { Command } from "../core/command.ts";
import type { Effect, Outcome } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";

/** What a protocol asks of the world, as functions, so that tests can answer. */
export interface Identities {
  /** A request id that the log has not seen. */
  nextRequest(): RequestId;
  /** A session id that the log has not seen. */
  nextSession(): SessionId;
}

/** One message-based connection of one protocol, without I/O. */
export interface MessageConnection {
  /** What it subscribes with; absent: it hears no events. */
  readonly session?: SessionId;
  /** What a whole message asks for, and what is said to it without asking anybody. */
  receive(message: Uint8Array, kind: MessageKind): Step;
  /** What the peer is told of an effect for one of this connection's sessions. */
  deliver(effect: Effect): Step;
  /** The commands were refused by the log and will never be applied. */
  refuse(request: RequestId, reason: string): Step;
  /** What the peer is told of an event, or of a subscription that was refused; it asks for nothing. */
  hear?(effect: TopicEffect<unknown>): Pick<Step, "output">;
  /** Who may come in has changed: what is said to a peer that may not any more. */
  review?(): Step;
  /** The server is stopping: what is said to the peer before its connection is closed. */
  stop(): Step;
  /** The connection is gone, for whatever reason; nothing can be said any more. */
  end(): readonly Command[];
  /** Commands that were given away and have not come back; the reader pauses above a limit. */
  pendingCount(): number;
}

/** Of a WebSocket message (RFC 6455, section 5.6); a text is valid UTF-8. */
export type MessageKind = "text" | "binary";

export interface Step {
  readonly commands: readonly Command[];
  /** Besides; nobody waits for them, and what the log does not take of them now it must take later. */
  readonly owed?: readonly Command[];
  /** What is asked of the fleeting plane, after the output. */
  readonly topics?: readonly TopicCommand[];
  /** Said in this order. After `close` nothing more is received or said. */
  readonly output: readonly Output[];
}

export type Output =
  | { readonly type: "text"; readonly text: string }
  /** The WebSocket close code (RFC 6455, section 7.4) and reason. */
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** An HTTP request, whole, as the protocols see it. */
export interface HttpRequest {
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark; empty when there is none. */
  readonly query: string;
  /** Names in lower case; repeated ones joined as RFC 9110, section 5.3 says. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** It came over TLS that ends here, not in front of us. */
  readonly isEncrypted: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What becomes of an HTTP request: an answer now, or a command whose outcome is the answer. */
export type HttpStep =
  | {
      readonly type: "answer";
      readonly response: HttpResponse;
      readonly topics?: readonly TopicCommand[];
    }
  | {
      readonly type: "ask";
      readonly command: Extract<Command, { session: SessionId; request: RequestId }>;
      /** The first outcome of the command that is not `waiting`. */
      respond(outcome: Outcome): HttpResponse;
      /** The log refused the command. */
      refuse(reason: string): HttpResponse;
      /** What takes the question back when nobody is there any more to hear the answer. */
      withdraw?(): Command;
    };
