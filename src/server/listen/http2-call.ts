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
  type Metadata,
  ProtobufFault,
  parseTimeout,
  statusMessage,
  withPrefix,
} from "../../protocols/grpc/mod.ts";
import type { Clock } from "../clock.ts";
import type { CallHandler } from "./calls.ts";
import { type Intake, shareOf } from "./intake.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of one message. */
  readonly bytesMax: number;
  /** For the message of a call that has one to arrive. */
  readonly requestMs: number;
  /** Of the connection. */
  readonly intake: Intake;
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

/** Timers of Node cannot be set further than this; that 24 days have passed is left to the client to say. */
const timerMsMax = 2 ** 31 - 1;

interface Heard {
  readonly peer: Peer;
  readonly receiver: CallReceiver;
  readonly options: CallOptions;
}

/** Hands on what the client sends, until the call has ended. */
function hear(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { peer, receiver, options: { clock, logger, bytesMax, requestMs, intake } }: Heard,
): void {
  const reader = createMessageReader(bytesMax);
  const share = shareOf(intake);
  const timeoutMs = timeoutOf(headers);
  const cancels: (() => void)[] = [];
  if (timeoutMs !== undefined && timeoutMs <= timerMsMax) {
    cancels.push(clock.after(timeoutMs, () => giveUp("deadline_exceeded", "deadline exceeded")));
  }
  let cancelArrival = () => {};
  if (receiver.takes === "one") {
    cancelArrival = clock.after(requestMs, () => giveUp("cancelled", "the request did not come"));
    cancels.push(cancelArrival);
  }

  function giveUp(name: "deadline_exceeded" | "cancelled" | "internal", words: string): void {
    end(callFailed(name, words));
  }

  /** Ends the call over the head of the service. */
  function end(status: CallStatus): void {
    if (peer.isEnded) return;
    peer.end({ status });
    receiver.cancelled();
  }

  function attempt(hand: () => void): void {
    try {
      hand();
    } catch (error) {
      const isFault = error instanceof ProtobufFault;
      if (!isFault) logger.error({ err: error, path: headers[":path"] }, "a call failed");
      giveUp("internal", isFault ? error.message : "internal error");
    }
  }

  stream.on("data", (chunk: Buffer) => {
    if (peer.isEnded) return;
    if (!share.take(chunk.length)) return end(tooMuchAtOnce);
    const messages = reader.read(chunk);
    if ("code" in messages) return end(messages);
    for (const message of messages) attempt(() => receiver.message(message));
    if (receiver.takes === "many" && !reader.isWithin) share.leave();
  });
  stream.once("end", () => {
    cancelArrival();
    share.leave();
    if (peer.isEnded || stream.aborted) return;
    if (reader.isWithin) giveUp("internal", "the request ends within a message");
    else attempt(receiver.finished);
  });
  stream.once("close", () => {
    for (const cancel of cancels) cancel();
    share.leave();
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
  function begin(): void {
    if (!stream.headersSent)
      stream.respond(responseHeaders, { waitForTrailers: true, ...dateless });
  }

  /** The peer has reset it, or its connection is over, whether or not it was said here. */
  function isGone(): boolean {
    return stream.closed || stream.destroyed;
  }

  const peer: Peer = {
    isEnded: false,
    send(message) {
      if (peer.isEnded || isGone()) return;
      begin();
      stream.write(withPrefix(message));
    },
    end(how) {
      if (peer.isEnded) return;
      peer.isEnded = true;
      if (isGone()) return;
      say(how);
      // RFC 9113, section 8.1: the rest of a request that is answered is not wanted.
      if (!stream.readableEnded) leave();
    },
  };

  function say({ status, message, metadata }: CallEnd): void {
    const trailers = trailersOf(status, metadata);
    if (!stream.headersSent && message === undefined) {
      stream.respond({ ...responseHeaders, ...trailers }, { endStream: true, ...dateless });
      return;
    }
    begin();
    stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(message && withPrefix(message));
  }

  function leave(): void {
    stream.resume();
    const reset = () => stream.close(constants.NGHTTP2_NO_ERROR);
    if (stream.writableFinished) reset();
    else stream.once("finish", reset);
  }

  return peer;
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
