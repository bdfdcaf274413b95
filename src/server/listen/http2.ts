/**
 * HTTP/2 (RFC 9113), for gRPC calls and for plain requests. A connection with calls has a handler, which
 * learns of the connection's end, whatever ends it:
 *
 *   taken ──▶ open ──stop──▶ leaving, without new streams ──the last stream──▶ closed
 *               └── no answer to a ping, a fault, the end of the TCP connection ──▶ closed
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { callFailed } from "../../protocols/grpc/mod.ts";
import type { CallHandler, CallSocket } from "./calls.ts";
import { clientAddressOf } from "./client-address.ts";
import { createEndOfTurn } from "./end-of-turn.ts";
import { type CallOptions, isCall, serveCall } from "./http2-call.ts";
import { serveRequest } from "./http2-request.ts";
import { createIntake, type Intake } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusals } from "./refusals.ts";

export interface Http2Side {
  /** The socket is paused and its first bytes are unread. */
  take(socket: Socket): void;
  /** From now on each connection ends once its calls and requests are answered. */
  stop(): void;
  requestsTotal(): number;
  counts(): CallCounts;
}

export interface CallCounts {
  readonly callsOpen: number;
  readonly callsTotal: number;
}

/** Streams that a client may reset at once, and then per second; RFC 9113, section 10.5. */
const resetsBurst = 10_000;
const resetsPerSecond = 1_000;

const headersMax = 128;

/** MiB for the state of one connection with its maximum number of streams. */
const sessionMemoryMax = 1024;

export function createHttp2Side(options: ListenerOptions, refusals: Refusals): Http2Side {
  const { limits, timeouts, clock, logger, routes } = options;
  const open = new Map<ServerHttp2Session, Intake>();
  /** The connection of each session, or TLS on one; `session.socket` is only a proxy for it. */
  const sockets = new WeakMap<ServerHttp2Session, Socket>();
  const handlers = new WeakMap<ServerHttp2Session, CallHandler>();
  let requestsTotal = 0;
  let callsOpen = 0;
  let callsTotal = 0;
  let isStopping = false;
  let taken: Socket | undefined;

  const server = createServer({
    settings: { maxConcurrentStreams: limits.streamsMax, maxHeaderListSize: limits.headerBytesMax },
    maxHeaderListPairs: headersMax,
    maxSessionMemory: sessionMemoryMax,
    streamResetBurst: resetsBurst,
    streamResetRate: resetsPerSecond,
  });
  const callOptions: Omit<CallOptions, "intake"> = {
    clock,
    logger,
    bytesMax: limits.messageBytesMax,
    requestMs: timeouts.requestMs,
    endOfTurn: createEndOfTurn(),
  };
  server.on("session", (session) => {
    if (taken !== undefined) join(session, taken);
  });
  server.on("stream", (stream, headers) => serve(stream as ServerHttp2Stream, headers));
  server.on("sessionError", (error, session) => {
    const remoteAddress = addressOf(session);
    refusals.note("http2_fault", { remoteAddress, fault: (error as Error).message });
  });

  function join(session: ServerHttp2Session, socket: Socket): void {
    open.set(session, createIntake(limits.unfinishedBytesMax));
    sockets.set(session, socket);
    const stopPinging = keepAlive(session, socket, {
      clock,
      intervalMs: timeouts.http2PingIntervalMs,
      timeoutMs: timeouts.http2PingTimeoutMs,
      silent() {
        refusals.note("http2_silent", { remoteAddress: addressOf(session) });
        cut();
      },
    });

    function leave(): void {
      stopPinging();
      if (!open.delete(session)) return;
      handlers.get(session)?.closed();
    }

    /** Calls the handler first, so that it can withdraw all calls at once and not one by one. */
    function cut(): void {
      leave();
      session.destroy();
    }

    // A live HTTP/2 client keeps its side open; one that ends it reads nothing more.
    socket.once("end", cut);
    // Run before the session's own listeners, which end its streams.
    socket.prependOnceListener("error", leave);
    socket.prependOnceListener("close", leave);
  }

  function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // 'close' follows and does the work, also for a stream that was reset as soon as it began.
    stream.on("error", () => {});
    const session = stream.session as ServerHttp2Session | undefined;
    const intake = session && open.get(session);
    if (session === undefined || intake === undefined || stream.closed) return;
    if (isCall(headers)) {
      callsTotal += 1;
      callsOpen += 1;
      stream.once("close", () => {
        callsOpen -= 1;
      });
      serveCall(stream, headers, handlerOf(session), { ...callOptions, intake });
    } else {
      requestsTotal += 1;
      const remoteAddress = addressOf(session);
      void serveRequest(stream, headers, options, { refusals, intake, remoteAddress });
    }
  }

  function addressOf(session: ServerHttp2Session): string | undefined {
    const socket = sockets.get(session);
    return socket && clientAddressOf(socket);
  }

  function handlerOf(session: ServerHttp2Session): CallHandler {
    const known = handlers.get(session);
    if (known !== undefined) return known;
    const handler = routes.calls?.(socketOf(session)) ?? noCalls;
    handlers.set(session, handler);
    return handler;
  }

  function socketOf(session: ServerHttp2Session): CallSocket {
    return {
      remoteAddress: addressOf(session),
      close() {
        session.close();
        const cancel = clock.after(timeouts.closeMs, () => session.destroy());
        session.once("close", cancel);
      },
    };
  }

  return {
    take(socket) {
      taken = socket;
      // The first bytes are HTTP/2, whatever ALPN agreed on.
      if (socket instanceof TLSSocket) socket.alpnProtocol = "h2";
      server.emit("connection", socket);
      taken = undefined;
      if (isStopping) for (const session of open.keys()) session.close();
    },
    stop() {
      isStopping = true;
      for (const session of open.keys()) session.close();
    },
    requestsTotal: () => requestsTotal,
    counts: () => ({ callsOpen, callsTotal }),
  };
}

const noCalls: CallHandler = {
  begin: () => callFailed("unimplemented", "no gRPC on this port"),
  closed() {},
};
