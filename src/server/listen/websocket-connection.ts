import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { type Account, answerMs, charge, expectAnswers, keep } from "../budget/budget.ts";
import type { Piece } from "./byte-string.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { createFeed, type Feed } from "./feed.ts";
import { pingFrame, pongFrame } from "./frames.ts";
import type { MessageHandler, MessageSocket } from "./messages.ts";
import {
  createOutbox,
  isCongested,
  type Outbox,
  push,
  pushLast,
  sweep,
  writeGathered,
} from "./outbox.ts";
import type { Refusals } from "./refusals.ts";
import type { AcceptUpgrade } from "./routes.ts";
import { takeOver } from "./takeover.ts";

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
  readonly account: Account;
  readonly feed: Feed;
  readonly outbox: Outbox;
  /** The server has sent its close frame. */
  isClosing: boolean;
  /** The handler wants nothing to be read. */
  isPaused: boolean;
  /** Nothing is read, for whatever reason. */
  isHalted: boolean;
  /** Bytes received since the last whole message, while they are kept for the rest of theirs. */
  unfinishedBytes: number;
  /** Bytes of pings and pongs in the present slice. */
  controlBytes: number;
  /** Whole messages received. */
  messageCount: number;
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

/** A connection that has been upgraded. */
export interface UpgradedConnection {
  readonly socket: Socket;
  readonly webSocket: WebSocket;
  readonly account: Account;
}

export function openWebSocketConnection(
  { socket, webSocket, account }: UpgradedConnection,
  accept: AcceptUpgrade,
  options: WebSocketConnectionOptions,
): WebSocketConnection {
  const { endOfTurn, unsentBytesMax } = options;
  const begun = {
    socket,
    webSocket,
    account,
    remoteAddress: clientAddressOf(socket),
    outbox: createOutbox(socket, {
      endOfTurn,
      account,
      unsentBytesMax,
      flow: {
        turned: () => regulate(connection),
        overflowing: () => giveUp(connection, options),
      },
    }),
    isClosing: false,
    isPaused: false,
    isHalted: false,
    unfinishedBytes: 0,
    controlBytes: 0,
    messageCount: 0,
    bytesReadAtPing: undefined,
  };
  const connection: WebSocketConnection = Object.assign(begun, { feed: readInSlices(begun) });
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
  const { socket, webSocket, remoteAddress, outbox, feed, bytesReadAtPing } = connection;
  if (webSocket.readyState !== webSocket.OPEN) return;
  if (sweep(outbox)) {
    giveUp(connection, options);
  } else if (bytesReadAtPing === socket.bytesRead && !feed.isHolding()) {
    options.refusals.note("peer_silent", { remoteAddress });
    webSocket.terminate();
  } else {
    const isRead = !connection.isHalted && !feed.isHolding();
    connection.bytesReadAtPing = isRead ? socket.bytesRead : undefined;
    push(outbox, pingFrame);
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

/** Bytes of a frame from a client beside its payload of at most 125 bytes; RFC 6455, section 5.2. */
const controlHeaderBytes = 6;

/** Hands the bytes of the socket over to `ws` in slices, and counts those of unfinished messages. */
function readInSlices(connection: Omit<WebSocketConnection, "feed">): Feed {
  const { socket, webSocket, account } = connection;
  const { deliver, ended } = takeOver(socket);
  const noteControl = (payload: Buffer) => {
    connection.controlBytes += controlHeaderBytes + payload.length;
  };
  webSocket.on("ping", noteControl);
  webSocket.on("pong", noteControl);
  return createFeed({
    socket,
    account,
    deliver(bytes) {
      const { messageCount } = connection;
      connection.controlBytes = 0;
      deliver(bytes);
      if (connection.messageCount > messageCount) return;
      const unfinished = Math.max(0, bytes.length - connection.controlBytes);
      connection.unfinishedBytes += unfinished;
      keep(account, unfinished);
    },
    ended,
  });
}

/** Answers pings, logs faults, and flushes before every close frame, also when `ws` itself closes. */
function attend(
  connection: WebSocketConnection,
  { refusals }: Pick<WebSocketConnectionOptions, "refusals">,
): void {
  const { socket, webSocket, account, outbox, remoteAddress } = connection;
  socket.once("close", connection.feed.end);
  account.end = () => endForMemory(connection);
  const closeNow = webSocket.close.bind(webSocket);
  webSocket.close = (code, reason) => {
    outbox.isOpen = false;
    writeGathered(outbox);
    closeNow(code, reason);
  };
  webSocket.on("ping", (payload) => {
    // Only the newest of several pings has to be answered; RFC 6455, section 5.5.3.
    if (webSocket.readyState === webSocket.OPEN) pushLast(outbox, pongFrame(payload));
  });
  webSocket.on("error", (error) => {
    // From now on `ws` only drops what comes.
    connection.feed.end();
    refusals.note("websocket_fault", { remoteAddress, fault: error.message });
  });
}

function messageSocketOf(
  connection: WebSocketConnection,
  { messages, frameOf }: WebSocketConnectionOptions,
): MessageSocket {
  const { outbox } = connection;
  return {
    send(data) {
      if (!outbox.isOpen) return false;
      messages.sent += 1;
      push(outbox, frameOf(data));
      return true;
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
    keep: (bytes) => keep(connection.account, bytes),
    charge: (ms) => charge(connection.account, ms),
    expect: (answers) => expectAnswers(connection.account, answers * answerMs.message),
  };
}

function serve(
  connection: WebSocketConnection,
  handler: MessageHandler,
  options: WebSocketConnectionOptions,
): void {
  const { webSocket, outbox } = connection;
  const { messages } = options;
  webSocket.on("message", (data, isBinary) => {
    if (connection.isClosing) return;
    messages.received += 1;
    connection.messageCount += 1;
    if (connection.unfinishedBytes > 0) release(connection);
    // Inline, because a closure for a guard would cost an allocation per message.
    try {
      handler.message(data as Buffer, isBinary ? "binary" : "text");
    } catch (error) {
      fail(connection, error, options);
    }
  });
  webSocket.once("close", () => {
    outbox.isOpen = false;
    try {
      handler.closed();
    } catch (error) {
      fail(connection, error, options);
    }
  });
}

/** A message is whole: the server no longer keeps its beginning. */
function release(connection: WebSocketConnection): void {
  keep(connection.account, -connection.unfinishedBytes);
  connection.unfinishedBytes = 0;
}

/** Resumes or pauses reading. While paused the server cannot see the answer to a ping. */
function regulate(connection: WebSocketConnection): void {
  const { feed, outbox, isPaused } = connection;
  const isHalted = isPaused || isCongested(outbox);
  if (isHalted === connection.isHalted) return;
  connection.isHalted = isHalted;
  if (isHalted) {
    connection.bytesReadAtPing = undefined;
    feed.pause();
  } else {
    feed.resume();
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

/** The server keeps too much for the peer. One that reads learns the reason. */
function endForMemory(connection: WebSocketConnection): void {
  const { socket, webSocket } = connection;
  if (socket.writableLength > 0) webSocket.terminate();
  else closeWebSocket(connection, 1013, "the server keeps too much for this connection");
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
