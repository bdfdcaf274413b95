import type {
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import { TLSSocket } from "node:tls";
import { type CallStatus, callFailed } from "../../protocols/grpc/mod.ts";
import type { HttpResponse } from "../../protocols/protocol.ts";
import { answerMs, charge, expectAnswers } from "../budget/budget.ts";
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
import { allowPings, faultOf } from "./http2-conduct.ts";
import {
  type Http2Connection,
  type Http2Options,
  handlerOf,
  isLeaving,
  judge,
  noteServed,
  openHttp2,
} from "./http2-connection.ts";
import { createEndings } from "./http2-ending.ts";
import { pauseLine, work } from "./http2-line.ts";
import { createProbation } from "./http2-probation.ts";
import { refuseRequest, serveRequest } from "./http2-request.ts";
import { createReviews, type Reviews } from "./http2-reviews.ts";
import { areFramesInvalid, createHttp2Server } from "./http2-server.ts";
import { closeStream, type OpenStream, openStream } from "./http2-streams.ts";
import type { ListenerOptions } from "./options.ts";
import { stopReading } from "./reading.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { tooManyConnections, tooManyText } from "./responses.ts";

/** Serves HTTP/2 (RFC 9113) on the connections it takes: gRPC calls and plain requests. */
export interface Http2Side {
  /**
   * The socket is paused and its first bytes are unread. Beyond a cap the connection gets a page for operators, or the
   * refusal, and ends. After misuse from its address it has to wait; see http2-probation.ts.
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

/**
 * Time that Node takes to open a stream, in ms. The server's clock does not show it, because Node opens all streams of
 * a chunk in one go, before the first is served.
 */
const openingMs = 0.02;

/** Streams opened in one turn, over all connections, after which none is read or taken before the next turn. */
const openedPerTurnMax = 250;

/** The HTTP/2 side of one listener. */
interface SideState extends Http2Options {
  readonly logger: ListenerOptions["logger"];
  readonly hosts: Hosts;
  /** Also those of sessions that have ended, because Node may report a fault later. */
  readonly connections: WeakMap<ServerHttp2Session, Http2Connection>;
  /** Those that may not begin yet. */
  readonly waiting: Set<Guest>;
  /** The connection for which Node is creating the session. */
  taken: Guest | undefined;
  isStopping: boolean;
  openedThisTurn: number;
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
  const reviews = createReviews(side);
  const server = createHttp2Server(options);
  server.on("session", (session) => join(side, reviews, session));
  server.on("sessionError", (error, session) => {
    const connection = side.connections.get(session);
    if (connection !== undefined && isLeaving(connection, error as Error)) return;
    const remoteAddress = connection && clientAddressOf(connection.socket);
    if (areFramesInvalid(error as Error)) side.probation.extend(connection?.account.share.network);
    refusals.note("http2_fault", { remoteAddress, fault: (error as Error).message });
  });
  return {
    take: (guest) => take(side, server, guest),
    stop() {
      side.isStopping = true;
      for (const { speaker } of side.waiting) speaker.destroy();
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
      unsentBytesMax: limits.unsentBytesMax,
      requestMs: timeouts.requestMs,
      endOfTurn: createEndOfTurn(),
    },
    open: new Set(),
    endings: createEndings(clock),
    probation: createProbation(clock),
    connections: new WeakMap(),
    waiting: new Set(),
    taken: undefined,
    isStopping: false,
    openedThisTurn: 0,
    requestsTotal: 0,
    callsOpen: 0,
    callsTotal: 0,
  };
}

function take(side: SideState, server: Http2Server, guest: Guest): void {
  const { speaker, account } = guest;
  const { network } = account.share;
  side.waiting.add(guest);
  const mayBegin = side.probation.admit(network, () => begin(side, server, guest));
  if (mayBegin) return;
  side.waiting.delete(guest);
  side.refusals.note("http2_misuse", {
    remoteAddress: clientAddressOf(speaker),
    fault: "connections",
  });
  speaker.destroy();
}

function begin(side: SideState, server: Http2Server, guest: Guest): void {
  // Its first bytes, too, may open hundreds of streams.
  if (side.openedThisTurn >= openedPerTurnMax) {
    side.clock.soon(() => begin(side, server, guest));
    return;
  }
  side.waiting.delete(guest);
  const { speaker: socket } = guest;
  if (socket.destroyed) return;
  side.taken = guest;
  // The first bytes are HTTP/2, whatever ALPN agreed on.
  if (socket instanceof TLSSocket) socket.alpnProtocol = "h2";
  server.emit("connection", socket);
  side.taken = undefined;
  if (side.isStopping) closeAll(side);
}

function closeAll({ open }: SideState): void {
  for (const { session } of open) session.close();
}

function join(side: SideState, reviews: Reviews, session: ServerHttp2Session): void {
  const { taken, connections } = side;
  if (taken === undefined) return;
  reviews.begin();
  const { speaker: socket, account, beyond } = taken;
  const connection = openHttp2(session, { socket, account, beyond }, side);
  connections.set(session, connection);
  session.on("stream", (stream, headers, _flags, rawHeaders) => {
    arrive(side, connection, stream as ServerHttp2Stream, { headers, rawHeaders });
  });
}

/** The head of a request, as Node read it. */
interface Head {
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
}

function arrive(
  side: SideState,
  connection: Http2Connection,
  stream: ServerHttp2Stream,
  head: Head,
): void {
  // 'close' follows and does the work, also for a stream that was reset as soon as it began.
  stream.on("error", ignore);
  const { line, streams } = connection;
  if (line.isEnded) {
    stopReading(connection.socket);
    return;
  }
  const nowMs = side.clock.nowMs();
  const opened = openStream(streams, stream, nowMs);
  stream.on("close", () => leave(side, connection, opened));
  countOpened(side);
  work(line, () => serve(side, connection, opened, head), nowMs, openingMs);
}

function ignore(): void {}

/** The streams of one chunk come in one go, and many connections may have sent a chunk. */
function countOpened(side: SideState): void {
  side.openedThisTurn += 1;
  if (side.openedThisTurn === 1) {
    side.callOptions.endOfTurn.add(() => {
      side.openedThisTurn = 0;
    });
  }
  if (side.openedThisTurn === openedPerTurnMax) {
    for (const { line } of side.open) pauseLine(line);
  }
}

function serve(side: SideState, connection: Http2Connection, opened: OpenStream, head: Head): void {
  const { stream } = opened;
  if (stream.closed || stream.destroyed) return;
  const { headers } = head;
  const fault = http2HostFaultOf(side.hosts, headers, head.rawHeaders);
  if (fault !== undefined) refuseHost(side, connection, { opened, headers }, fault);
  else if (connection.beyond === undefined) answer(side, connection, { opened, headers });
  else serveBeyond(side, connection, { opened, headers }, connection.beyond);
}

/** A stream with the headers of its request. */
interface Asked {
  readonly opened: OpenStream;
  readonly headers: IncomingHttpHeaders;
}

function answer(side: SideState, connection: Http2Connection, { opened, headers }: Asked): void {
  const { account, callOptions, socket, line } = connection;
  if (isCall(headers)) {
    opened.isCall = true;
    side.callsTotal += 1;
    side.callsOpen += 1;
    serveCall(opened, headers, handlerOf(connection, side), callOptions);
    noteServed(connection, opened);
    return;
  }
  side.requestsTotal += 1;
  void serveRequest(opened, headers, side, {
    refusals: side.refusals,
    intake: callOptions.intake,
    line,
    remoteAddress: clientAddressOf(socket),
    charge: (ms) => charge(account, ms),
    expect: (answers) => expectAnswers(account, answers * answerMs.stream),
    served: () => noteServed(connection, opened),
  });
}

/** A connection beyond a cap gets one answer: a page for operators, or the refusal. */
function serveBeyond(
  side: SideState,
  connection: Http2Connection,
  asked: Asked,
  reason: Refusal,
): void {
  if (isPage(side, asked.headers)) {
    answer(side, connection, asked);
  } else {
    side.refusals.note(reason, { remoteAddress: clientAddressOf(connection.socket) });
    refuse(asked, callFailed("unavailable", tooManyText), tooManyConnections);
  }
  connection.session.close();
}

function isPage({ routes }: SideState, headers: IncomingHttpHeaders): boolean {
  const [path = ""] = (headers[":path"] ?? "").split("?", 1);
  return !isCall(headers) && routes.isForOperators?.(path) === true;
}

function refuseHost(
  { refusals }: SideState,
  { socket }: Http2Connection,
  asked: Asked,
  fault: HostFault,
): void {
  const remoteAddress = clientAddressOf(socket);
  const host = loggedHost(asked.headers[":authority"]);
  refusals.note(hostReasons[fault], { remoteAddress, host });
  refuse(asked, hostCallStatus(fault), hostRefusal(fault));
}

function refuse({ opened, headers }: Asked, status: CallStatus, response: HttpResponse): void {
  if (isCall(headers)) refuseCall(opened, status);
  else refuseRequest(opened, headers, response);
}

/** The stream has closed. */
function leave(side: SideState, connection: Http2Connection, opened: OpenStream): void {
  const { stream, openedAtMs, isAnswered } = opened;
  closeStream(opened);
  opened.whenClosed?.();
  if (opened.isCall) side.callsOpen -= 1;
  if (isAnswered) allowPings(connection.conduct);
  if (stream.rstCode === undefined || stream.rstCode === 0 || connection.line.isEnded) return;
  const fault = faultOf(stream.rstCode, side.clock.nowMs() - openedAtMs);
  if (fault !== undefined) judge(connection, fault, side);
}
