import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import type { CallHandler, CallSocket } from "./calls.ts";
import type { MessageHandler, MessageSocket } from "./messages.ts";

/** The handlers behind a listener, for each kind of request. */
export interface Routes {
  /**
   * Answers a plain request, now or later. The routes check path and method; the listener adds
   * Content-Length, Connection and Date, and drops the body of an answer to HEAD.
   */
  http(request: HttpRequest, client: HttpClient): HttpResponse | Promise<HttpResponse>;
  /**
   * Judges a WebSocket upgrade, without effects. Returns a refusal, or a function that opens the
   * connection; the listener calls it only when the Origin and the handshake are in order too.
   */
  upgrade(request: HttpRequest): HttpResponse | AcceptUpgrade;
  /** Whether the path is a page for operators, which the reserve of connections serves. Absent: none is. */
  isForOperators?(path: string): boolean;
  /**
   * Selects one of the subprotocols that the client offers. Without one the connection goes on
   * without a subprotocol.
   */
  subprotocol?(path: string, offered: ReadonlySet<string>): string | undefined;
  /** Opens the handler of a connection at its first gRPC call. Absent: no gRPC on this port. */
  calls?(socket: CallSocket): CallHandler;
  /**
   * Judges a byte stream, without effects. Returns a function that opens it, or `undefined` to refuse it.
   * Absent: no streams on this port.
   */
  stream?(client: StreamClient): AcceptStream | undefined;
  /**
   * Every connection is a stream from its first byte, inside TLS where that is configured, and may be silent
   * for as long as it likes. Otherwise a stream is a connection that begins with `{` or JSON's white space.
   */
  readonly isStreamOnly?: boolean;
}

export type AcceptUpgrade = (socket: MessageSocket) => MessageHandler;
export type AcceptStream = (socket: MessageSocket) => MessageHandler;

/** The client that opens a byte stream. */
export interface StreamClient {
  /** `undefined` once the client is gone. */
  readonly remoteAddress: string | undefined;
  /** The stream came over TLS that ends in this process, not in a proxy. */
  readonly isEncrypted: boolean;
}

/** The client that waits for the answer to one plain request. */
export interface HttpClient {
  /** Runs when the client disconnects before its answer. */
  whenGone(run: () => void): void;
  /**
   * Runs when the client ends its side of the connection. It may still read the answer, as clients do
   * that half-close after their last request, or it may have gone for good.
   */
  whenSilent(run: () => void): void;
  /** Counts work of the event loop that the client has caused and that comes later, in ms. */
  charge(ms: number): void;
  /** Counts answers that are under way from now on; negative: that have been given, also when the client is gone. */
  expect(answers: number): void;
}
