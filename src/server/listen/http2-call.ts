/**
 * One gRPC call on its stream; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 *
 *   begun ──messages──▶ received ──end──▶ answered
 *     └──────┬────────────┴── deadline, error ──▶ answered, and cancelled for the service
 *            └── reset by the client, connection gone ──▶ cancelled
 */
import type { IncomingHttpHeaders } from "node:http2";
import type { Logger } from "pino";
import {
  type CallReceiver,
  type CallStatus,
  callFailed,
  createMessageReader,
  type MessageReader,
  type Metadata,
  onlyMessage,
  ProtobufError,
  parseTimeout,
} from "../../protocols/grpc/mod.ts";
import { type Clock, timerMsMax } from "../clock.ts";
import type { CallHandler } from "./calls.ts";
import type { EndOfTurn } from "./end-of-turn.ts";
import { type Line, work } from "./http2-line.ts";
import { answered, type OpenStream } from "./http2-streams.ts";
import type { Intake } from "./intake.ts";
import { createStreamPeer, type StreamPeer } from "./stream-peer.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes of one message. */
  readonly bytesMax: number;
  /** Bytes of a call's messages that the client may leave unread. */
  readonly unsentBytesMax: number;
  /** For the message of a unary call to arrive. */
  readonly requestMs: number;
  /** The connection's. */
  readonly intake: Intake;
  /** The connection's. */
  readonly line: Line;
  readonly endOfTurn: EndOfTurn;
}

export function isCall(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"] ?? "";
  return type === "application/grpc" || /^application\/grpc[+;]/.test(type);
}

export function serveCall(
  opened: OpenStream,
  headers: IncomingHttpHeaders,
  handler: CallHandler,
  options: CallOptions,
): void {
  const { stream } = opened;
  if (headers[":method"] !== "POST") {
    answered(opened, 0);
    stream.respond({ ":status": 405, allow: "POST" }, { endStream: true });
    return;
  }
  const peer = createStreamPeer(opened, options.unsentBytesMax);
  const refusal = headRefusal(headers);
  const path = headers[":path"] ?? "";
  const receiver = refusal ?? handler.begin({ path, metadata: metadataOf(headers) }, peer);
  if ("code" in receiver) {
    peer.end({ status: receiver });
    return;
  }
  begin({
    opened,
    headers,
    peer,
    receiver,
    options,
    reader: undefined,
    bytesKept: 0,
    isWhole: false,
    cancelDeadline: nothing,
    cancelArrival: nothing,
  });
}

/** Answers a call before it begins. */
export function refuseCall(opened: OpenStream, status: CallStatus): void {
  createStreamPeer(opened, 0).end({ status });
}

/** A call that its service has begun. */
interface Call {
  readonly opened: OpenStream;
  readonly headers: IncomingHttpHeaders;
  readonly peer: StreamPeer;
  readonly receiver: CallReceiver;
  readonly options: CallOptions;
  /** Created for the first message that arrives in parts. */
  reader: MessageReader | undefined;
  /** Bytes that the connection's intake counts for this call. */
  bytesKept: number;
  /** The client has sent its last message. */
  isWhole: boolean;
  cancelDeadline: () => void;
  cancelArrival: () => void;
}

function nothing(): void {}

/** Passes the client's messages to the receiver until the call has ended. */
function begin(call: Call): void {
  const { opened, receiver, options } = call;
  const { stream } = opened;
  awaitDeadline(call);
  // Most calls arrive whole within one turn; a timer for each would be wasted.
  if (receiver.takes === "one") options.endOfTurn.add(() => awaitArrival(call));
  stream.on("data", (chunk: Buffer) => receive(call, chunk));
  stream.on("end", () => finish(call));
  opened.whenClosed = () => leave(call);
}

function awaitDeadline(call: Call): void {
  const timeoutMs = timeoutOf(call.headers);
  // Longer than a timer of Node can wait, 24 days: the client enforces its own deadline.
  if (timeoutMs === undefined || timeoutMs > timerMsMax) return;
  const giveUp = () => end(call, callFailed("deadline_exceeded", "deadline exceeded"));
  call.cancelDeadline = call.options.clock.after(timeoutMs, giveUp);
}

function awaitArrival(call: Call): void {
  if (call.isWhole || call.peer.isEnded) return;
  const { clock, requestMs } = call.options;
  const giveUp = () => end(call, callFailed("cancelled", "the request did not come"));
  call.cancelArrival = clock.after(requestMs, giveUp);
}

function receive(call: Call, chunk: Buffer): void {
  if (call.peer.isEnded) return;
  if (!call.options.intake.take(chunk.length)) {
    end(call, tooMuchAtOnce);
    return;
  }
  call.bytesKept += chunk.length;
  const error = read(call, chunk);
  if (error !== undefined) end(call, error);
  else if (call.receiver.takes === "many") work(call.options.line, () => dropHanded(call));
}

/** A call of many messages keeps only the bytes of an incomplete one. */
function dropHanded(call: Call): void {
  if (call.reader?.isWithin !== true) dropKept(call);
}

/** Passes on the messages that the chunk completes, or returns the status of an error in them. */
function read(call: Call, chunk: Buffer): CallStatus | undefined {
  const { bytesMax } = call.options;
  const only = call.reader === undefined ? onlyMessage(chunk, bytesMax) : undefined;
  if (only !== undefined) {
    hand(call, only);
    return undefined;
  }
  call.reader ??= createMessageReader(bytesMax);
  const messages = call.reader.read(chunk);
  if ("code" in messages) return messages;
  for (const message of messages) hand(call, message);
  return undefined;
}

function hand(call: Call, message: Uint8Array): void {
  const { receiver, options } = call;
  // The only message of a call costs nothing before the request is complete.
  if (receiver.takes === "one") pass(call, message);
  else work(options.line, () => pass(call, message));
}

function pass(call: Call, message: Uint8Array): void {
  if (call.peer.isEnded) return;
  try {
    call.receiver.message(message);
  } catch (error) {
    fail(call, error);
  }
}

function finish(call: Call): void {
  call.isWhole = true;
  call.cancelArrival();
  work(call.options.line, () => finishInTurn(call));
}

function finishInTurn(call: Call): void {
  dropKept(call);
  if (call.peer.isEnded || call.opened.stream.aborted) return;
  if (call.reader?.isWithin === true) {
    end(call, callFailed("internal", "the request ends within a message"));
    return;
  }
  try {
    call.receiver.finished();
  } catch (error) {
    fail(call, error);
  }
}

function fail(call: Call, error: unknown): void {
  const { logger } = call.options;
  const isMalformed = error instanceof ProtobufError;
  if (!isMalformed) logger.error({ err: error, path: call.headers[":path"] }, "a call failed");
  end(call, callFailed("internal", isMalformed ? error.message : "internal error"));
}

/** Ends the call without the service, which only learns that it was cancelled. */
function end({ peer, receiver }: Call, status: CallStatus): void {
  if (peer.isEnded) return;
  peer.end({ status });
  receiver.cancelled();
}

/** The stream has closed, with or without a status. */
function leave(call: Call): void {
  const { peer, receiver } = call;
  call.cancelDeadline();
  call.cancelArrival();
  dropKept(call);
  if (peer.isEnded) return;
  peer.isEnded = true;
  receiver.cancelled();
}

function dropKept(call: Call): void {
  call.options.intake.give(call.bytesKept);
  call.bytesKept = 0;
}

const tooMuchAtOnce = callFailed(
  "resource_exhausted",
  "too many bytes of unfinished requests on this connection",
);

/** The status of a call whose headers the server cannot serve. */
function headRefusal(headers: IncomingHttpHeaders): CallStatus | undefined {
  const encoding = headers["grpc-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return callFailed("unimplemented", `messages compressed by ${encoding} are not read here`);
  }
  const timeout = headers["grpc-timeout"];
  if (timeout !== undefined && timeoutOf(headers) === undefined) {
    return callFailed("internal", `${timeout} is no timeout`);
  }
  return undefined;
}

function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const timeout = headers["grpc-timeout"];
  return typeof timeout === "string" ? parseTimeout(timeout) : undefined;
}

function metadataOf(headers: IncomingHttpHeaders): Metadata {
  return headers as Metadata;
}
