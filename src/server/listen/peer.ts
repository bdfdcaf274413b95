import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { type ByteString, pingFrame, pongFrame } from "./frames.ts";
import type { MessageHandler, MessageSocket } from "./messages.ts";
import { createOutbox } from "./outbox.ts";
import type { Refusals } from "./refusals.ts";
import type { Turn } from "./turn.ts";

/**
 * One WebSocket connection. `ws` reads, checks, and shakes hands at the end; all that is sent but
 * the close frame is framed here, so that it leaves as one write per turn of the event loop.
 *
 *   open ──close(), the peer's close frame, a fault, too much unread──▶ closing ──▶ closed
 *     └── silence, the end of the TCP connection ──▶ closed
 */
export interface Peer {
  /** Once per ping interval: cuts a peer that is stuck since the last one, and pings the others. */
  sweep(): void;
  close(code: number, reason: string): void;
}

/** What the peers of one listener share. */
export interface PeerContext {
  readonly turn: Turn;
  readonly messages: { received: number; sent: number };
  readonly refusals: Refusals;
  readonly logger: Logger;
  readonly unsentBytesMax: number;
  readonly frameOf: (text: string) => ByteString | Buffer;
}

export function openPeer(
  socket: Socket,
  webSocket: WebSocket,
  accept: (socket: MessageSocket) => MessageHandler,
  { turn, messages, refusals, logger, unsentBytesMax, frameOf }: PeerContext,
): Peer {
  const { remoteAddress } = socket;
  /** Our close frame was asked for. */
  let isClosing = false;
  /** As `ws` has it, but at hand: an event looks at a thousand peers. */
  let isOpen = true;
  let isPaused = false;
  /** While the peer leaves too much unread: whether it did so at the last sweep already. */
  let congestion: { isOld: boolean } | undefined;
  /** What the peer had sent when it was pinged; `undefined` while it need not answer. */
  let bytesReadAtPing: number | undefined;

  const outbox = createOutbox(socket, {
    turn,
    unsentBytesMax,
    flow: {
      congested() {
        congestion ??= { isOld: false };
        read();
      },
      drained() {
        congestion = undefined;
        read();
      },
      overflowing: giveUp,
    },
  });

  /** Reads, or stops reading, as things stand. Who is not read cannot be heard answering a ping. */
  function read(): void {
    const isHalted = isPaused || congestion !== undefined;
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
    if (congestion?.isOld === true) {
      giveUp();
    } else if (bytesReadAtPing === socket.bytesRead) {
      refusals.note("peer_silent", { remoteAddress });
      webSocket.terminate();
    } else {
      if (congestion !== undefined) congestion.isOld = true;
      bytesReadAtPing = webSocket.isPaused ? undefined : socket.bytesRead;
      outbox.push(pingFrame);
    }
  }

  /** It has room for this much; if it comes to read that, it also reads why there is no more. */
  function giveUp(): void {
    refusals.note("peer_not_reading", { remoteAddress });
    close(1013, "too slow: what was sent is not read");
  }

  function close(code: number, reason: string): void {
    if (isClosing) return;
    webSocket.close(code, beginningOf(reason));
    isClosing = true;
    // The peer's close frame is still to be read.
    isPaused = false;
    read();
  }

  /** The server's own code failed: that ends this connection and no other. */
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

  // Whoever closes, also `ws` itself: what was sent before the close frame leaves before it.
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
        send(text) {
          if (!isOpen) return;
          messages.sent += 1;
          outbox.push(frameOf(text));
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

/** As many whole characters as a close frame has room for. */
function beginningOf(reason: string): Buffer {
  const bytes = new Uint8Array(reasonBytesMax);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  return Buffer.from(bytes.buffer, 0, written);
}
