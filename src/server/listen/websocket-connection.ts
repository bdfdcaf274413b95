import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import type { Piece } from "./byte-string.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { pingFrame, pongFrame } from "./frames.ts";
import type { MessageHandler } from "./messages.ts";
import { createOutbox } from "./outbox.ts";
import type { Refusals } from "./refusals.ts";
import type { AcceptUpgrade } from "./routes.ts";

/**
 * One WebSocket connection. `ws` reads and checks frames and performs the closing handshake. This file
 * frames everything that the server sends except the close frame, so that it leaves as one write per
 * turn of the event loop.
 *
 *   open ──close(), the client's close frame, an error, too much unread──▶ closing ──▶ closed
 *     └── silence, the end of the TCP connection ──▶ closed
 */
export interface WebSocketConnection {
  /** Once per ping interval: cuts a client that is stuck since the last sweep, and pings the others. */
  sweep(): void;
  close(code: number, reason: string): void;
}

/** Shared by the connections of one listener. */
export interface WebSocketConnectionOptions {
  readonly endOfTurn: EndOfTurn;
  readonly messages: { received: number; sent: number };
  readonly refusals: Refusals;
  readonly logger: Logger;
  readonly unsentBytesMax: number;
  readonly frameOf: (data: string | Uint8Array) => Piece;
}

export function openWebSocketConnection(
  socket: Socket,
  webSocket: WebSocket,
  accept: AcceptUpgrade,
  { endOfTurn, messages, refusals, logger, unsentBytesMax, frameOf }: WebSocketConnectionOptions,
): WebSocketConnection {
  const remoteAddress = clientAddressOf(socket);
  /** The server has sent its close frame. */
  let isClosing = false;
  /** A copy of the state of `ws` that is cheap to read: an event may go to a thousand connections. */
  let isOpen = true;
  let isPaused = false;
  /** Bytes received when the server sent its ping; `undefined` while no answer is due. */
  let bytesReadAtPing: number | undefined;

  const outbox = createOutbox(socket, {
    endOfTurn,
    unsentBytesMax,
    flow: { turned: read, overflowing: giveUp },
  });

  /** Resumes or pauses reading. While paused the server cannot see the answer to a ping. */
  function read(): void {
    const isHalted = isPaused || outbox.isCongested();
    if (isHalted === webSocket.isPaused) return;
    if (isHalted) {
      bytesReadAtPing = undefined;
      webSocket.pause();
    } else {
      webSocket.resume();
    }
  }

  function sweep(): void {
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (outbox.sweep()) {
      giveUp();
    } else if (bytesReadAtPing === socket.bytesRead) {
      refusals.note("peer_silent", { remoteAddress });
      webSocket.terminate();
    } else {
      bytesReadAtPing = webSocket.isPaused ? undefined : socket.bytesRead;
      outbox.push(pingFrame);
    }
  }

  /** The close frame queues behind the unread bytes: a client that catches up also learns the reason. */
  function giveUp(): void {
    refusals.note("peer_not_reading", { remoteAddress });
    close(1013, "too slow: what was sent is not read");
  }

  function close(code: number, reason: string): void {
    if (isClosing) return;
    webSocket.close(code, beginningOf(reason));
    isClosing = true;
    // Keep reading, for the client's close frame.
    isPaused = false;
    read();
  }

  /** The server's own code failed. Only this connection ends. */
  function fail(error: unknown): void {
    logger.error({ err: error, remoteAddress }, "a WebSocket connection failed");
    close(1011, "internal error");
  }

  function serve(handler: MessageHandler): void {
    webSocket.on("message", (data, isBinary) => {
      if (isClosing) return;
      messages.received += 1;
      try {
        handler.message(data as Buffer, isBinary ? "binary" : "text");
      } catch (error) {
        fail(error);
      }
    });
    webSocket.once("close", () => {
      isOpen = false;
      try {
        handler.closed();
      } catch (error) {
        fail(error);
      }
    });
  }

  // Flush before every close frame, also when `ws` itself closes.
  const closeNow = webSocket.close.bind(webSocket);
  webSocket.close = (code, reason) => {
    isOpen = false;
    outbox.flush();
    closeNow(code, reason);
  };
  webSocket.on("ping", (payload) => {
    if (webSocket.readyState === webSocket.OPEN) outbox.push(pongFrame(payload));
  });
  webSocket.on("error", (error) => {
    refusals.note("websocket_fault", { remoteAddress, fault: error.message });
  });
  try {
    serve(
      accept({
        isOpen: () => isOpen,
        send(data) {
          if (!isOpen) return;
          messages.sent += 1;
          outbox.push(frameOf(data));
        },
        close,
        pause() {
          isPaused = !isClosing;
          read();
        },
        resume() {
          isPaused = false;
          read();
        },
      }),
    );
  } catch (error) {
    fail(error);
  }
  return { sweep, close };
}

/** A close frame has room for 125 bytes, two of them for the code; RFC 6455, section 5.5. */
const reasonBytesMax = 123;

/** As many whole characters as fit into a close frame. */
function beginningOf(reason: string): Buffer {
  const bytes = new Uint8Array(reasonBytesMax);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return Buffer.from(bytes.buffer, 0, written);
}
