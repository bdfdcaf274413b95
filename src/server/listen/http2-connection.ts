import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { callFailed } from "../../protocols/grpc/mod.ts";
import { type Account, charge, keep } from "../budget/budget.ts";
import type { CallHandler, CallSocket } from "./calls.ts";
import { clientAddressOf } from "./client-address.ts";
import type { CallOptions } from "./http2-call.ts";
import { createIntake } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";

/**
 * One HTTP/2 connection. With its first call it gets a handler, which learns of the connection's end,
 * whatever ends it:
 *
 *   taken ──▶ open ──stop──▶ leaving, without new streams ──the last stream──▶ closed
 *               └── no answer to a ping, a fault, the end of the TCP connection ──▶ closed
 */
export interface Http2Connection {
  readonly session: ServerHttp2Session;
  /** The TCP connection, or TLS on one; `session.socket` is only a proxy for it. */
  readonly socket: Socket;
  readonly account: Account;
  /** For all calls of the connection. */
  readonly callOptions: CallOptions;
  /** The cap that the connection exceeds. It gets a page for operators or nothing. */
  beyond: Refusal | undefined;
  /** Opened for the first call. */
  handler: CallHandler | undefined;
  stopPinging(): void;
}

/** Shared by the connections of one listener. */
export interface Http2Options
  extends Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "clock"> {
  readonly refusals: Refusals;
  readonly callOptions: Omit<CallOptions, "intake">;
  /** The connections that have not ended. */
  readonly open: Set<Http2Connection>;
}

export function openHttp2(
  session: ServerHttp2Session,
  { socket, account }: Pick<Http2Connection, "socket" | "account">,
  options: Http2Options,
): Http2Connection {
  const { limits, timeouts, clock, callOptions, open } = options;
  const connection: Http2Connection = {
    session,
    socket,
    account,
    callOptions: { ...callOptions, intake: createIntake(limits.unfinishedBytesMax) },
    beyond: undefined,
    handler: undefined,
    stopPinging: keepAlive(session, socket, {
      clock,
      intervalMs: timeouts.http2PingIntervalMs,
      timeoutMs: timeouts.http2PingTimeoutMs,
      silent: () => giveUp(connection, options),
    }),
  };
  open.add(connection);
  // A live HTTP/2 client keeps its side open; one that ends it reads nothing more.
  socket.once("end", () => cut(connection, options));
  // Run before the session's own listeners, which end its streams.
  socket.prependOnceListener("error", () => leave(connection, options));
  socket.prependOnceListener("close", () => leave(connection, options));
  return connection;
}

/** The handler of the connection's calls. */
export function handlerOf(connection: Http2Connection, options: Http2Options): CallHandler {
  connection.handler ??= options.routes.calls?.(callSocketOf(connection, options)) ?? noCalls;
  return connection.handler;
}

function callSocketOf(
  { session, socket, account }: Http2Connection,
  { clock, timeouts }: Http2Options,
): CallSocket {
  return {
    remoteAddress: clientAddressOf(socket),
    close() {
      session.close();
      const cancel = clock.after(timeouts.closeMs, () => session.destroy());
      session.once("close", cancel);
    },
    keep: (bytes) => keep(account, bytes),
    charge: (ms) => charge(account, ms),
  };
}

const noCalls: CallHandler = {
  begin: () => callFailed("unimplemented", "no gRPC on this port"),
  closed() {},
};

/** The client did not answer a ping. */
function giveUp(connection: Http2Connection, options: Http2Options): void {
  const remoteAddress = clientAddressOf(connection.socket);
  options.refusals.note("http2_silent", { remoteAddress });
  cut(connection, options);
}

/** Calls the handler first, so that it can withdraw all calls at once and not one by one. */
function cut(connection: Http2Connection, options: Http2Options): void {
  leave(connection, options);
  connection.session.destroy();
}

function leave(connection: Http2Connection, { open }: Http2Options): void {
  connection.stopPinging();
  if (open.delete(connection)) connection.handler?.closed();
}
