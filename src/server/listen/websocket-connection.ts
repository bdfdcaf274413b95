import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import type { Piece } from "./byte-string.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { pingFrame, pongFrame } from "./frames.ts";
import type { MessageHandler, MessageSocket } from "./messages.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
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
  readonly socket: Socket;
  readonly webSocket: WebSocket;
  readonly remoteAddress: string | undefined;
  readonly outbox: Outbox;
  /** A copy of the state of `ws` that is cheap to read: an event may go to a thousand connections. */
  isOpen: boolean;
  /** The server has sent its close frame. */
  isClosing: boolean;
  /** The handler wants nothing to be read. */
  isPaused: boolean;
  /** Bytes received when the server sent its ping; `undefined` while no answer is due. */
  bytesReadAtPing: number | undefined;
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
  options: WebSocketConnectionOptions,
): WebSocketConnection {
  const { endOfTurn, unsentBytesMax } = options;
  const connection: WebSocketConnection = {
    socket,
    webSocket,
    remoteAddress: clientAddressOf(socket),
    outbox: createOutbox(socket, {
      endOfTurn,
      unsentBytesMax,
      flow: {
        turned: () => regulate(connection),
        overflowing: () => giveUp(connection, options),
      },
    }),
    isOpen: true,
    isClosing: false,
    isPaused: false,
    bytesReadAtPing: undefined,
  };
  attend(connection, options);
  try {
    serve(connection, accept(messageSocketOf(connection, options)), options);
  } catch (error) {
    fail(connection, error, options);
  }
  return connection;
}

/** Once per ping interval: cuts a client that is stuck since the last sweep, and pings the others. */
export function sweepWebSocket(
  connection: WebSocketConnection,
  options: Pick<WebSocketConnectionOptions, "refusals">,
): void {
  const { socket, webSocket, remoteAddress, outbox, bytesReadAtPing } = connection;
  if (webSocket.readyState !== webSocket.OPEN) return;
  if (outbox.sweep()) {
    giveUp(connection, options);
  } else if (bytesReadAtPing === socket.bytesRead) {
    options.refusals.note("peer_silent", { remoteAddress });
    webSocket.terminate();
  } else {
    connection.bytesReadAtPing = webSocket.isPaused ? undefined : socket.bytesRead;
    outbox.push(pingFrame);
  }
}

export function closeWebSocket(
  connection: WebSocketConnection,
  code: number,
  reason: string,
): void {
  if (connection.isClosing) return;
  connection.webSocket.close(code, beginningOf(reason));
  connection.isClosing = true;
  // Keep reading, for the client's close frame.
  connection.isPaused = false;
  regulate(connection);
}

/** Answers pings, logs faults, and flushes before every close frame, also when `ws` itself closes. */
function attend(
  connection: WebSocketConnection,
  { refusals }: Pick<WebSocketConnectionOptions, "refusals">,
): void {
  const { webSocket, outbox, remoteAddress } = connection;
  const closeNow = webSocket.close.bind(webSocket);
  webSocket.close = (code, reason) => {
    connection.isOpen = false;
    outbox.flush();
    closeNow(code, reason);
  };
  webSocket.on("ping", (payload) => {
    if (webSocket.readyState === webSocket.OPEN) outbox.push(pongFrame(payload));
  });
  webSocket.on("error", (error) => {
    refusals.note("websocket_fault", { remoteAddress, fault: error.message });
  });
}

function messageSocketOf(
  connection: WebSocketConnection,
  { messages, frameOf }: WebSocketConnectionOptions,
): MessageSocket {
  const { outbox } = connection;
  return {
    isOpen: () => connection.isOpen,
    send(data) {
      if (!connection.isOpen) return;
      messages.sent += 1;
      outbox.push(frameOf(data));
    },
    close: (code, reason) => closeWebSocket(connection, code, reason),
    pause() {
      connection.isPaused = !connection.isClosing;
      regulate(connection);
    },
    resume() {
      connection.isPaused = false;
      regulate(connection);
    },
  };
}

function serve(
  connection: WebSocketConnection,
  handler: MessageHandler,
  options: WebSocketConnectionOptions,
): void {
  const { webSocket } = connection;
  const { messages } = options;
  webSocket.on("message", (data, isBinary) => {
    if (connection.isClosing) return;
    messages.received += 1;
    // Inline, because a closure for a guard would cost an allocation per message.
    try {
      handler.message(data as Buffer, isBinary ? "binary" : "text");
    } catch (error) {
      fail(connection, error, options);
    }
  });
  webSocket.once("close", () => {
    connection.isOpen = false;
    try {
      handler.closed();
    } catch (error) {
      fail(connection, error, options);
    }
  });
}

/** Resumes or pauses reading. While paused the server cannot see the answer to a ping. */
function regulate(connection: WebSocketConnection): void {
  const { webSocket, outbox, isPaused } = connection;
  const isHalted = isPaused || outbox.isCongested();
  if (isHalted === webSocket.isPaused) return;
  if (isHalted) {
    connection.bytesReadAtPing = undefined;
    webSocket.pause();
  } else {
    webSocket.resume();
  }
}

/** The close frame queues behind the unread bytes: a client that catches up also learns the reason. */
function giveUp(
  connection: WebSocketConnection,
  { refusals }: Pick<WebSocketConnectionOptions, "refusals">,
): void {
  refusals.note("peer_not_reading", { remoteAddress: connection.remoteAddress });
  closeWebSocket(connection, 1013, "too slow: what was sent is not read");
}

/** The server's own code failed. Only this connection ends. */
function fail(
  connection: WebSocketConnection,
  error: unknown,
  { logger }: Pick<WebSocketConnectionOptions, "logger">,
): void {
  const { remoteAddress } = connection;
  logger.error({ err: error, remoteAddress }, "a WebSocket connection failed");
  closeWebSocket(connection, 1011, "internal error");
}

/** A close frame has room for 125 bytes, two of them for the code; RFC 6455, section 5.5. */
const reasonBytesMax = 123;

/** As many whole characters as fit into a close frame. */
function beginningOf(reason: string): Buffer {
  const bytes = new Uint8Array(reasonBytesMax);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return Buffer.from(bytes.buffer, 0, written);
}
