import type { Socket } from "node:net";
import type { Logger } from "pino";
import { type Account, answerMs, charge, expectAnswers, keep } from "../budget/budget.ts";
import type { Clock } from "../clock.ts";
import type { Piece } from "./byte-string.ts";
import { clientAddressOf } from "./client-address.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { farewell } from "./farewell.ts";
import { createFeed, type Feed } from "./feed.ts";
import type { MessageHandler, MessageSocket } from "./messages.ts";
import { createOutbox, isCongested, type Outbox, push, sweep, writeGathered } from "./outbox.ts";
import type { Refusals } from "./refusals.ts";
import type { AcceptStream } from "./routes.ts";

/**
 * One byte stream over TCP or TLS. Bytes received go to the handler as they come; bytes sent leave as one
 * write per turn of the event loop.
 *
 *   open ──close(), too much unread, a failed handler──▶ closing ──▶ closed
 *     ├── the client ends its side ──▶ open, for sending only ──close()──▶ closing ──▶ closed
 *     └── a reset, no answer to TCP's keepalive ──▶ closed
 *
 * While it is closing, the queued bytes leave, and the client has `closeMs` to end its side.
 */
export interface StreamConnection {
  readonly socket: Socket;
  readonly account: Account;
  readonly outbox: Outbox;
  /** Neither closing nor closed. */
  isOpen: boolean;
  /** The handler wants nothing to be read. */
  isPaused: boolean;
  /** Opened with the handler. */
  feed: Feed | undefined;
}

/** Shared by the connections of one listener. */
export interface StreamOptions {
  readonly endOfTurn: EndOfTurn;
  readonly bytes: { received: number; sent: number };
  readonly refusals: Refusals;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly closeMs: number;
  readonly unsentBytesMax: number;
  readonly encode: (data: string | Uint8Array) => Piece;
}

export function openStream(
  { socket, account }: Pick<StreamConnection, "socket" | "account">,
  accept: AcceptStream,
  options: StreamOptions,
): StreamConnection {
  const { endOfTurn, unsentBytesMax } = options;
  const stream: StreamConnection = {
    socket,
    account,
    outbox: createOutbox(socket, {
      endOfTurn,
      account,
      unsentBytesMax,
      flow: {
        turned: () => regulate(stream),
        overflowing: () => giveUp(stream, options),
      },
    }),
    isOpen: true,
    isPaused: false,
    feed: undefined,
  };
  attempt(stream, options, () => serve(stream, accept(messageSocketOf(stream, options)), options));
  return stream;
}

/** Once per ping interval: closes the stream if its client has left too much unread since the last sweep. */
export function sweepStream(stream: StreamConnection, options: StreamOptions): void {
  if (sweep(stream.outbox)) giveUp(stream, options);
}

export function closeStream(
  stream: StreamConnection,
  { clock, closeMs }: Pick<StreamOptions, "clock" | "closeMs">,
): void {
  if (!stream.isOpen) return;
  stream.isOpen = false;
  writeGathered(stream.outbox);
  stream.feed?.end();
  farewell(stream.socket, "", { clock, lingerMs: closeMs });
}

function messageSocketOf(stream: StreamConnection, options: StreamOptions): MessageSocket {
  const { encode, bytes, refusals } = options;
  function pause(isPaused: boolean): void {
    stream.isPaused = isPaused;
    regulate(stream);
  }
  return {
    send(data) {
      if (!stream.isOpen) return false;
      const piece = encode(data);
      bytes.sent += piece.length;
      push(stream.outbox, piece);
      return true;
    },
    close(code, reason) {
      if (stream.isOpen && blamingCodes.has(code)) {
        const remoteAddress = clientAddressOf(stream.socket);
        refusals.note("stream_fault", { remoteAddress, code, fault: reason });
      }
      closeStream(stream, options);
    },
    pause: () => pause(true),
    resume: () => pause(false),
    keep: (bytes) => keep(stream.account, bytes),
    charge: (ms) => charge(stream.account, ms),
    expect: (answers) => expectAnswers(stream.account, answers * answerMs.message),
  };
}

/** Codes that blame the client: it broke the protocol, sent what is not allowed, or too much; RFC 6455, section 7.4.1. */
const blamingCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009]);

function serve(stream: StreamConnection, handler: MessageHandler, options: StreamOptions): void {
  const { socket, account } = stream;
  stream.feed = createFeed({
    socket,
    account,
    deliver(bytes) {
      if (!stream.isOpen) return;
      options.bytes.received += bytes.length;
      attempt(stream, options, () => handler.message(bytes, "binary"));
    },
    ended() {
      if (handler.ended === undefined) closeStream(stream, options);
      else if (stream.isOpen) attempt(stream, options, () => handler.ended?.());
    },
  });
  socket.once("close", () => {
    stream.isOpen = false;
    stream.feed?.end();
    attempt(stream, options, () => handler.closed());
  });
  regulate(stream);
}

/** Resumes or pauses reading. A closing stream is read, and its bytes are dropped. */
function regulate({ feed, outbox, isOpen, isPaused }: StreamConnection): void {
  if (!isOpen) return;
  if (isPaused || isCongested(outbox)) feed?.pause();
  else feed?.resume();
}

/** The client still gets what was sent if it reads it within `closeMs`. */
function giveUp(stream: StreamConnection, options: StreamOptions): void {
  if (!stream.isOpen) return;
  options.refusals.note("peer_not_reading", { remoteAddress: clientAddressOf(stream.socket) });
  closeStream(stream, options);
}

/** If the server's own code fails, only this connection ends. */
function attempt(stream: StreamConnection, options: StreamOptions, run: () => void): void {
  try {
    run();
  } catch (error) {
    const remoteAddress = clientAddressOf(stream.socket);
    options.logger.error({ err: error, remoteAddress }, "a stream failed");
    closeStream(stream, options);
  }
}
