import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { TLSSocket } from "node:tls";
import { callFailed } from "../../protocols/grpc/mod.ts";
import { charge } from "../budget/budget.ts";

import { clientAddressOf } from "./client-address.ts";
import { createEndOfTurn } from "./end-of-turn.ts";
import type { Guest } from "./entrance.ts";
import {
  type HostFault,
  type Hosts,
  hostCallStatus,
  hostReasons,
  hostRefusal,
  http2HostFaultOf,
  loggedHost,
} from "./hosts.ts";
import { isCall, refuseCall, serveCall } from "./http2-call.ts";
import {
  type Http2Connection,
  type Http2Options,
  handlerOf,
  openHttp2,
} from "./http2-connection.ts";
import { refuseRequest, serveRequest } from "./http2-request.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { tooManyConnections, tooManyText } from "./responses.ts";

/** Serves HTTP/2 (RFC 9113) on the connections it takes: gRPC calls and plain requests. */
export interface Http2Side {
  /**
   * The socket is paused and its first bytes are unread. Beyond a cap the connection gets a page for operators, or the
   * refusal, and ends.
   */
  take(guest: Guest): void;
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

/** The HTTP/2 side of one listener. */
interface SideState extends Http2Options {
  readonly logger: ListenerOptions["logger"];
  readonly hosts: Hosts;
  /** Also those of sessions that have ended, because Node may report a fault later. */
  readonly connections: WeakMap<ServerHttp2Session, Http2Connection>;
  /** The connection for which Node is creating the session. */
  taken: Guest | undefined;
  isStopping: boolean;
  requestsTotal: number;
  callsOpen: number;
  callsTotal: number;
}

export function createHttp2Side(
  options: ListenerOptions,
  refusals: Refusals,
  hosts: Hosts,
): Http2Side {
  const side = createState(options, refusals, hosts);
  const server = createHttp2Server(options);
  server.on("session", (session) => join(side, session));
  server.on("stream", (stream, headers, _flags, rawHeaders) => {
    serve(side, stream as ServerHttp2Stream, headers, rawHeaders);
  });
  server.on("sessionError", (error, session) => {
    const socket = side.connections.get(session)?.socket;
    const remoteAddress = socket && clientAddressOf(socket);
    refusals.note("http2_fault", { remoteAddress, fault: (error as Error).message });
  });
  return {
    take: (guest) => take(side, server, guest),
    stop() {
      side.isStopping = true;
      closeAll(side);
    },
    requestsTotal: () => side.requestsTotal,
    counts: () => ({ callsOpen: side.callsOpen, callsTotal: side.callsTotal }),
  };
}

function createState(options: ListenerOptions, refusals: Refusals, hosts: Hosts): SideState {
  const { routes, limits, timeouts, clock, logger } = options;
  return {
    routes,
    limits,
    timeouts,
    clock,
    logger,
    hosts,
    refusals,
    callOptions: {
      clock,
      logger,
      bytesMax: limits.messageBytesMax,
      requestMs: timeouts.requestMs,
      endOfTurn: createEndOfTurn(),
    },
    open: new Set(),
    connections: new WeakMap(),
    taken: undefined,
    isStopping: false,
    requestsTotal: 0,
    callsOpen: 0,
    callsTotal: 0,
  };
}

function createHttp2Server({ limits }: ListenerOptions): Http2Server {
  return createServer({
    settings: { maxConcurrentStreams: limits.streamsMax, maxHeaderListSize: limits.headerBytesMax },
    maxHeaderListPairs: headersMax,
    maxSessionMemory: sessionMemoryMax,
    streamResetBurst: resetsBurst,
    streamResetRate: resetsPerSecond,
  });
}

function take(side: SideState, server: Http2Server, taken: Guest): void {
  const { speaker: socket } = taken;
  side.taken = taken;
  // The first bytes are HTTP/2, whatever ALPN agreed on.
  if (socket instanceof TLSSocket) socket.alpnProtocol = "h2";
  server.emit("connection", socket);
  side.taken = undefined;
  if (side.isStopping) closeAll(side);
}

function closeAll({ open }: SideState): void {
  for (const { session } of open) session.close();
}

function join(side: SideState, session: ServerHttp2Session): void {
  const { taken, connections } = side;
  if (taken === undefined) return;
  const connection = openHttp2(session, { socket: taken.speaker, account: taken.account }, side);
  connection.beyond = taken.beyond;
  connections.set(session, connection);
}

function serve(
  side: SideState,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): void {
  // 'close' follows and does the work, also for a stream that was reset as soon as it began.
  stream.on("error", () => {});
  const session = stream.session as ServerHttp2Session | undefined;
  const connection = session && side.connections.get(session);
  if (connection === undefined || !side.open.has(connection) || stream.closed) return;
  const fault = http2HostFaultOf(side.hosts, headers, rawHeaders);
  if (fault !== undefined) {
    refuseHost(side, connection, { stream, headers }, fault);
  } else if (connection.beyond !== undefined && !isPage(side, headers)) {
    refuseBeyond(side, connection.beyond, connection, { stream, headers });
  } else if (isCall(headers)) {
    countCall(side, stream);
    serveCall(stream, headers, handlerOf(connection, side), connection.callOptions);
  } else {
    side.requestsTotal += 1;
    const { refusals } = side;
    const remoteAddress = clientAddressOf(connection.socket);
    const { intake } = connection.callOptions;
    void serveRequest(stream, headers, side, {
      refusals,
      intake,
      remoteAddress,
      charge: (ms) => charge(connection.account, ms),
    });
  }
  if (connection.beyond !== undefined) connection.session.close();
}

function isPage({ routes }: SideState, headers: IncomingHttpHeaders): boolean {
  const [path = ""] = (headers[":path"] ?? "").split("?", 1);
  return !isCall(headers) && routes.isForOperators?.(path) === true;
}

interface Asked {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

function refuseBeyond(
  { refusals }: SideState,
  reason: Refusal,
  { socket }: Http2Connection,
  { stream, headers }: Asked,
): void {
  refusals.note(reason, { remoteAddress: clientAddressOf(socket) });
  if (isCall(headers)) refuseCall(stream, callFailed("unavailable", tooManyText));
  else refuseRequest(stream, headers, tooManyConnections);
}

function refuseHost(
  { refusals }: SideState,
  { socket }: Http2Connection,
  { stream, headers }: Asked,
  fault: HostFault,
): void {
  const remoteAddress = clientAddressOf(socket);
  refusals.note(hostReasons[fault], { remoteAddress, host: loggedHost(headers[":authority"]) });
  if (isCall(headers)) refuseCall(stream, hostCallStatus(fault));
  else refuseRequest(stream, headers, hostRefusal(fault));
}

function countCall(side: SideState, stream: ServerHttp2Stream): void {
  side.callsTotal += 1;
  side.callsOpen += 1;
  stream.once("close", () => {
    side.callsOpen -= 1;
  });
}
