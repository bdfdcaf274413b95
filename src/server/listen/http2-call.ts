/**
 * One gRPC call on its stream; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 *
 *   begun ──messages──▶ received ──end──▶ answered
 *     └──────┬────────────┴── deadline, error ──▶ answered, and cancelled for the service
 *            └── reset by the client, connection gone ──▶ cancelled
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
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
import type { Intake } from "./intake.ts";
import { createStreamPeer, type StreamPeer } from "./stream-peer.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes of one message. */
  readonly bytesMax: number;
  /** For the message of a unary call to arrive. */
  readonly requestMs: number;
  /** The connection's. */
  readonly intake: Intake;
  readonly endOfTurn: EndOfTurn;
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
  const peer = createStreamPeer(stream);
  const refusal = headRefusal(headers);
  const path = headers[":path"] ?? "";
  const receiver = refusal ?? handler.begin({ path, metadata: metadataOf(headers) }, peer);
  if ("code" in receiver) peer.end({ status: receiver });
  else receive(stream, headers, { ...options, peer, receiver });
}

interface ReceiveOptions extends CallOptions {
  readonly peer: StreamPeer;
  readonly receiver: CallReceiver;
}

/** Passes the client's messages to the receiver until the call has ended. */
function receive(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { peer, receiver, clock, logger, bytesMax, requestMs, intake, endOfTurn }: ReceiveOptions,
): void {
  /** Created for the first message that arrives in parts. */
  let reader: MessageReader | undefined;
  let bytesKept = 0;
  let isWhole = false;
  let cancelDeadline = () => {};
  let cancelArrival = () => {};
  const timeoutMs = timeoutOf(headers);
  // Longer than a timer of Node can wait, 24 days: the client enforces its own deadline.
  if (timeoutMs !== undefined && timeoutMs <= timerMsMax) {
    const giveUp = () => end(callFailed("deadline_exceeded", "deadline exceeded"));
    cancelDeadline = clock.after(timeoutMs, giveUp);
  }
  // Most calls arrive whole within one turn; a timer for each would be wasted.
  if (receiver.takes === "one") endOfTurn.add(awaitArrival);

  function awaitArrival(): void {
    if (isWhole || peer.isEnded) return;
    const giveUp = () => end(callFailed("cancelled", "the request did not come"));
    cancelArrival = clock.after(requestMs, giveUp);
  }

  /** Ends the call without the service, which only learns that it was cancelled. */
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
    const isMalformed = error instanceof ProtobufError;
    if (!isMalformed) logger.error({ err: error, path: headers[":path"] }, "a call failed");
    end(callFailed("internal", isMalformed ? error.message : "internal error"));
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
