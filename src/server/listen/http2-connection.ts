import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { callFailed } from "../../protocols/grpc/mod.ts";
import { type Account, answerMs, charge, expectAnswers, keep } from "../budget/budget.ts";
import type { CallHandler, CallSocket } from "./calls.ts";
import { clientAddressOf } from "./client-address.ts";
import { type Allowance, allowMore, createAllowance } from "./http2-allowance.ts";
import type { CallOptions } from "./http2-call.ts";
import { type Conduct, createConduct, debugText, type Fault, isTooMuch } from "./http2-conduct.ts";
import { type Endings, endInSteps, takeOverEnd } from "./http2-ending.ts";
import { createLine, endLine, type Line } from "./http2-line.ts";
import type { Probation } from "./http2-probation.ts";
import {
  createStreams,
  type OpenStream,
  type Streams,
  served,
  sessionBytes,
} from "./http2-streams.ts";
import { createWatch, type Watch } from "./http2-watch.ts";
import { createIntake } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";

/**
 * One HTTP/2 connection. With its first call it gets a handler, which learns of the connection's end,
 * whatever ends it:
 *
 *   taken ──▶ open ──stop──▶ leaving, without new streams ──the last stream──▶ closed
 *               ├── misuse, unread answers, too much memory ──GOAWAY──▶ cut ──▶ closed
 *               └── no answer to a ping, a fault, the end of the TCP connection ──▶ cut ──▶ closed
 */
export interface Http2Connection {
  readonly session: ServerHttp2Session;
  /** The TCP connection, or TLS on one; `session.socket` is only a proxy for it. */
  readonly socket: Socket;
  readonly account: Account;
  readonly streams: Streams;
  readonly allowance: Allowance;
  readonly line: Line;
  readonly conduct: Conduct;
  readonly watch: Watch;
  /** For all calls of the connection. */
  readonly callOptions: CallOptions;
  /** The cap that the connection exceeds. It gets a page for operators or nothing. */
  readonly beyond: Refusal | undefined;
  /** Opened for the first call. */
  handler: CallHandler | undefined;
  stopPinging(): void;
}

/** Shared by the connections of one listener. */
export interface Http2Options
  extends Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "clock"> {
  readonly refusals: Refusals;
  readonly callOptions: Omit<CallOptions, "intake" | "line">;
  /** The connections that have not ended. */
  readonly open: Set<Http2Connection>;
  readonly endings: Endings;
  readonly probation: Probation;
}

export function openHttp2(
  session: ServerHttp2Session,
  { socket, account, beyond }: Pick<Http2Connection, "socket" | "account" | "beyond">,
  options: Http2Options,
): Http2Connection {
  const { limits, clock, callOptions, open } = options;
  const streams = createStreams(account);
  const line = createLine(socket, account);
  const intake = createIntake(limits.unfinishedBytesMax, streams, line);
  const nowMs = clock.nowMs();
  const connection: Http2Connection = {
    session,
    socket,
    account,
    beyond,
    streams,
    allowance: createAllowance(limits.streamsMax),
    line,
    conduct: createConduct(nowMs),
    watch: createWatch(socket, nowMs),
    callOptions: { ...callOptions, intake, line },
    handler: undefined,
    stopPinging: ping({ session, socket, line }, options, () => giveUp(connection, options)),
  };
  open.add(connection);
  keep(account, sessionBytes);
  account.end = () => calm(connection, "too_much_memory", options);
  handleEvents(connection, options);
  return connection;
}

function ping(
  { session, socket, line }: Pick<Http2Connection, "session" | "socket" | "line">,
  { clock, timeouts }: Http2Options,
  silent: () => void,
): () => void {
  return keepAlive(session, socket, {
    clock,
    intervalMs: timeouts.http2PingIntervalMs,
    timeoutMs: timeouts.http2PingTimeoutMs,
    isRead: () => !line.isStopped,
    silent,
  });
}

function handleEvents(connection: Http2Connection, options: Http2Options): void {
  const { session, socket } = connection;
  takeOverEnd(socket);
  // A live HTTP/2 client keeps its side open; one that ends it reads nothing more.
  socket.once("end", () => cut(connection, options));
  socket.once("close", () => cut(connection, options));
  session.on("ping", () => judge(connection, "pings", options));
  session.on("remoteSettings", () => judge(connection, "settings", options));
}

/**
 * A stream was served. If its answer comes later, the client may open more streams beside it, unless they would only
 * wait in line as well.
 */
export function noteServed(
  { session, streams, allowance, handler }: Http2Connection,
  opened: OpenStream,
): void {
  served(opened);
  if (session.destroyed || handler?.isHeldBack() === true) return;
  allowMore(allowance, session, streams.waitingCount);
}

/** The handler of the connection's calls. */
export function handlerOf(connection: Http2Connection, options: Http2Options): CallHandler {
  connection.handler ??= options.routes.calls?.(callSocketOf(connection, options)) ?? noCalls;
  return connection.handler;
}

function callSocketOf(connection: Http2Connection, options: Http2Options): CallSocket {
  const { session, socket, account } = connection;
  const { clock, timeouts } = options;
  return {
    remoteAddress: clientAddressOf(socket),
    close() {
      session.close();
      // Node destroys the session after its last stream and waits for the client to close the connection.
      const cancel = clock.after(timeouts.closeMs, () => cut(connection, options));
      socket.once("close", cancel);
    },
    keep: (bytes) => keep(account, bytes),
    charge: (ms) => charge(account, ms),
    expect: (answers) => expectAnswers(account, answers * answerMs.stream),
  };
}

const noCalls: CallHandler = {
  begin: () => callFailed("unimplemented", "no gRPC on this port"),
  isHeldBack: () => false,
  closed() {},
};

/** Counts a fault of the client, and cuts the connection when it is one too many. */
export function judge(
  connection: Http2Connection,
  fault: Fault,
  options: Http2Options,
  count = 1,
): void {
  const { conduct, line, socket, account } = connection;
  if (line.isEnded || !isTooMuch(conduct, fault, count, options.clock.nowMs())) return;
  options.probation.extend(account.share.network);
  options.refusals.note("http2_misuse", { remoteAddress: clientAddressOf(socket), fault });
  calm(connection, debugText(fault), options);
}

/**
 * Whether the error that ended the session is only how its client leaves. Health checks end with a reset of TCP. Go's
 * gRPC client says goodbye with a GOAWAY that names a stream of its own instead of one of the server (RFC 9113, section
 * 6.8), which Node reports as a fault. A client that has had its answers and waits for none does no harm.
 */
export function isLeaving({ streams }: Http2Connection, { code }: NodeJS.ErrnoException): boolean {
  if (code === "ECONNRESET" || code === "EPIPE") return true;
  return streams.takenTotal > 0 && streams.open.size === 0;
}

/** The client takes no answers. */
export function cutUnread(connection: Http2Connection, options: Http2Options): void {
  const remoteAddress = clientAddressOf(connection.socket);
  const { unreadCount } = connection.streams;
  options.refusals.note("peer_not_reading", { remoteAddress, unreadCount });
  calm(connection, "unread_answers", options);
}

/** Ends the connection with ENHANCE_YOUR_CALM; RFC 9113, section 7. */
function calm(connection: Http2Connection, text: string, options: Http2Options): void {
  const { session } = connection;
  if (!session.destroyed) {
    const { lastProcStreamID = 0 } = session.state;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, lastProcStreamID, Buffer.from(text));
  }
  cut(connection, options);
}

/** The client did not answer a ping. */
function giveUp(connection: Http2Connection, options: Http2Options): void {
  const remoteAddress = clientAddressOf(connection.socket);
  options.refusals.note("http2_silent", { remoteAddress });
  cut(connection, options);
}

/** Calls the handler first, so that it can withdraw all calls at once and not one by one. */
function cut(connection: Http2Connection, { open, endings }: Http2Options): void {
  if (!open.delete(connection)) return;
  connection.stopPinging();
  endLine(connection.line);
  connection.handler?.closed();
  endInSteps(endings, connection);
}
