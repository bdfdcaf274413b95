import type { MessageKind } from "../../protocols/conversation.ts";

/**
 * One WebSocket or one byte stream, as its handler uses it. After the connection's end every call is a
 * no-op.
 */
export interface MessageSocket {
  /**
   * Queues the data; everything queued in one turn of the event loop leaves as one write. A WebSocket sends a
   * string as a text message and bytes as a binary one. A stream sends the bytes, those of a string in UTF-8.
   * The caller must not change the bytes afterwards. Returns whether the data can still arrive.
   */
  send(data: string | Uint8Array): boolean;
  /**
   * Ends the connection behind the queued data and stops receiving. On a WebSocket the code is one that RFC
   * 6455, section 7.4 lets an endpoint send, and a reason is cut at 123 bytes. A stream has no place for
   * either, so the listener only logs those that blame the client.
   */
  close(code: number, reason: string): void;
  /** Stops reading. Messages of the current slice, 4 KiB at most, still arrive. */
  pause(): void;
  resume(): void;
  /** Counts bytes that the handler keeps for the client from now on; negative: that it no longer keeps. */
  keep(bytes: number): void;
  /** Counts answers that are under way from now on; negative: that have been given, also after the connection's end. */
  expect(answers: number): void;
  /** Counts work of the event loop that the client has caused and that comes later, in ms. */
  charge(ms: number): void;
}

export interface MessageHandler {
  /**
   * A whole message; valid UTF-8 when it is text. On a stream any number of bytes, always `binary`: the
   * handler finds the messages in them. The handler owns the bytes.
   */
  message(data: Buffer, kind: MessageKind): void;
  /**
   * The client has ended its side of a stream and sends nothing more. It may still read, as in
   * `printf '…' | nc`, or be gone for good, which TCP does not tell. So the handler sends what is pending and
   * then closes the connection. Without this function the listener closes it at once.
   */
  ended?(): void;
  /** The connection has ended, for whatever reason. Called exactly once, as the last call. */
  closed(): void;
}
