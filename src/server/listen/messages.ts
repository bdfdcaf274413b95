import type { MessageKind } from "../../protocols/protocol.ts";

/** One WebSocket connection, as its handler uses it. After the connection's end every call is a no-op. */
export interface MessageSocket {
  /** Whether a message sent now can still arrive. */
  isOpen(): boolean;
  /**
   * Queues a string as a text message, or bytes as a binary one; everything queued in one turn of the event
   * loop leaves as one write. The caller must not change the bytes afterwards.
   */
  send(data: string | Uint8Array): void;
  /**
   * Sends a close frame behind the queued messages and stops receiving. The code is one that RFC 6455,
   * section 7.4 lets an endpoint send; a reason is cut at 123 bytes.
   */
  close(code: number, reason: string): void;
  /** Stops reading. Messages of the current chunk, 64 KiB at most, still arrive. */
  pause(): void;
  resume(): void;
}

export interface MessageHandler {
  /** A whole message; valid UTF-8 when it is text. The handler owns the bytes. */
  message(data: Buffer, kind: MessageKind): void;
  /** The connection has ended, for whatever reason. Called exactly once, as the last call. */
  closed(): void;
}
