/**
 * One gRPC call on its stream; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 *
 *   begun ──messages──▶ heard ──end──▶ answered
 *     └──────┬────────────┴── deadline, fault ──▶ answered, and cancelled for the service
 *            └── reset by the client, connection gone ──▶ cancelled
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Logger } from "pino";
import {
  type CallEnd,
  type CallPeer,
  type CallReceiver,
  type CallStatus,
  callFailed,
  createMessageReader,
  type MessageReader,
  type Metadata,
  onlyMessage,
  ProtobufFault,
  parseTimeout,
  statusMessage,
  withPrefix,
} from "../../protocols/grpc/mod.ts";
import { type Clock, timerMsMax } from "../clock.ts";
import type { CallHandler } from "./calls.ts";
import type { Intake } from "./intake.ts";
import type { Turn } from "./turn.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of one message. */
  readonly bytesMax: number;
  /** For the message of a call that has one to arrive. */
  readonly requestMs: number;
  /** Of the connection. */
  readonly intake: Intake;
  readonly turn: Turn;
}

export function isCall(headers: IncomingHttpHeaders): boolean {
  return /^application\/grpc(?:[+;]|$)/.test(headers["content-type"] ?? "");
}

export function serveCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handler: CallHandler,
  options: CallOptions,
): void {
  if (headers[":method"] !== "POST") {
    stream.respond({ ":status": 405, allow: "POST" }, { endStream: true });
    return;
  }
  const peer = createPeer(stream);
  const fault = headFault(headers);
  const path = headers[":path"] ?? "";
  const receiver = fault ?? handler.begin({ path, metadata: metadataOf(headers) }, peer);
  if ("code" in receiver) peer.end({ status: receiver });
  else hear(stream, headers, { peer, receiver, options });
}

interface Heard {
  readonly peer: Peer;
  readonly receiver: CallReceiver;
  readonly options: CallOptions;
}

/** Hands on what the client sends, until the call has ended. */
function hear(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { peer, receiver, options: { clock, logger, bytesMax, requestMs, intake, turn } }: Heard,
): void {
  /** Made when a message comes in parts. */
  let reader: MessageReader | undefined;
  let bytesKept = 0;
  let isWhole = false;
  let cancelDeadline = () => {};
  let cancelArrival = () => {};
  const timeoutMs = timeoutOf(headers);
  // That 24 days have passed is left to the client to say.
  if (timeoutMs !== undefined && timeoutMs <= timerMsMax) {
    const giveUp = () => end(callFailed("deadline_exceeded", "deadline exceeded"));
    cancelDeadline = clock.after(timeoutMs, giveUp);
  }
  // Most calls are whole in the turn in which they begin, and a timer is not for nothing.
  if (receiver.takes === "one") turn.add(awaitArrival);

  function awaitArrival(): void {
    if (isWhole || peer.isEnded) return;
    const giveUp = () => end(callFailed("cancelled", "the request did not come"));
    cancelArrival = clock.after(requestMs, giveUp);
  }

  /** Ends the call over the head of the service. */
  function end(status: CallStatus): void {
    if (peer.isEnded) return;
    peer.end({ status });
    receiver.cancelled();
  }

  function hand(message: Uint8Array): void {
    try {
      receiver.message(message);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    const isFault = error instanceof ProtobufFault;
    if (!isFault) logger.error({ err: error, path: headers[":path"] }, "a call failed");
    end(callFailed("internal", isFault ? error.message : "internal error"));
  }

  function dropKept(): void {
    intake.give(bytesKept);
    bytesKept = 0;
  }

  stream.on("data", (chunk: Buffer) => {
    if (peer.isEnded) return;
    if (!intake.take(chunk.length)) return end(tooMuchAtOnce);
    bytesKept += chunk.length;
    const only = reader === undefined ? onlyMessage(chunk, bytesMax) : undefined;
    if (only !== undefined) {
      hand(only);
    } else {
      reader ??= createMessageReader(bytesMax);
      const messages = reader.read(chunk);
      if ("code" in messages) return end(messages);
      for (const message of messages) hand(message);
    }
    if (receiver.takes === "many" && reader?.isWithin !== true) dropKept();
  });
  stream.once("end", () => {
    isWhole = true;
    cancelArrival();
    dropKept();
    if (peer.isEnded || stream.aborted) return;
    if (reader?.isWithin === true) {
      end(callFailed("internal", "the request ends within a message"));
      return;
    }
    try {
      receiver.finished();
    } catch (error) {
      fail(error);
    }
  });
  stream.once("close", () => {
    cancelDeadline();
    cancelArrival();
    dropKept();
    if (peer.isEnded) return;
    peer.isEnded = true;
    receiver.cancelled();
  });
}

const tooMuchAtOnce = callFailed(
  "resource_exhausted",
  "too many bytes of unfinished requests on this connection",
);

interface Peer extends CallPeer {
  isEnded: boolean;
}

const responseHeaders = {
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-accept-encoding": "identity",
} as const;

/** No client of gRPC looks at the date. */
const dateless = { sendDate: false } as const;

function createPeer(stream: ServerHttp2Stream): Peer {
  const peer: Peer = {
    isEnded: false,
    send(message) {
      if (peer.isEnded || isGone(stream)) return;
      begin(stream);
      stream.write(withPrefix(message));
    },
    end(how) {
      if (peer.isEnded) return;
      peer.isEnded = true;
      if (isGone(stream)) return;
      answer(stream, how);
      // RFC 9113, section 8.1: the rest of a request that is answered is not wanted.
      if (!stream.readableEnded) leave(stream);
    },
  };
  return peer;
}

/** The peer has reset it, or its connection is over, whether or not it was said here. */
function isGone(stream: ServerHttp2Stream): boolean {
  return stream.closed || stream.destroyed;
}

function begin(stream: ServerHttp2Stream): void {
  if (!stream.headersSent) stream.respond(responseHeaders, { waitForTrailers: true, ...dateless });
}

function answer(stream: ServerHttp2Stream, { status, message, metadata }: CallEnd): void {
  const trailers = trailersOf(status, metadata);
  if (!stream.headersSent && message === undefined) {
    stream.respond({ ...responseHeaders, ...trailers }, { endStream: true, ...dateless });
    return;
  }
  begin(stream);
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(message && withPrefix(message));
}

function leave(stream: ServerHttp2Stream): void {
  stream.resume();
  const reset = () => stream.close(constants.NGHTTP2_NO_ERROR);
  if (stream.writableFinished) reset();
  else stream.once("finish", reset);
}

function trailersOf({ code, message }: CallStatus, metadata?: Metadata): Record<string, string> {
  return {
    "grpc-status": String(code),
    ...(message !== "" && { "grpc-message": statusMessage(message) }),
    ...metadata,
  };
}

/** What keeps a call from being heard that its head tells. */
function headFault(headers: IncomingHttpHeaders): CallStatus | undefined {
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
