import { constants, type ServerHttp2Stream } from "node:http2";
import {
  type CallEnd,
  type CallPeer,
  type CallStatus,
  type Metadata,
  statusMessage,
  withPrefix,
} from "../../protocols/grpc/mod.ts";
import { answered, keepFor, type OpenStream } from "./http2-streams.ts";

/** The client of one gRPC call, reached over the call's HTTP/2 stream. */
export interface StreamPeer extends CallPeer {
  /** The call has its status, or needs none any more. */
  isEnded: boolean;
}

const responseHeaders = {
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-accept-encoding": "identity",
} as const;

/** gRPC clients ignore the date. */
const dateless = { sendDate: false } as const;

/** A call whose client leaves more than `unsentBytesMax` unread is reset. */
export function createStreamPeer(opened: OpenStream, unsentBytesMax: number): StreamPeer {
  const { stream } = opened;
  const peer: StreamPeer = {
    isEnded: false,
    send(message) {
      if (peer.isEnded || isGone(stream)) return;
      if (stream.writableLength > unsentBytesMax) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      else send(opened, withPrefix(message));
    },
    end(how) {
      if (peer.isEnded) return;
      peer.isEnded = true;
      if (isGone(stream)) return;
      answer(opened, how);
      // RFC 9113, section 8.1: the answer is complete, so the client need not send the rest.
      if (!stream.readableEnded) discardRequest(stream);
    },
  };
  return peer;
}

/** The client has reset the stream, or its connection has ended, whether or not events say so yet. */
function isGone(stream: ServerHttp2Stream): boolean {
  return stream.closed || stream.destroyed;
}

function begin(stream: ServerHttp2Stream): void {
  if (!stream.headersSent) stream.respond(responseHeaders, { waitForTrailers: true, ...dateless });
}

/** One of several messages, which is counted until it has left. */
function send(opened: OpenStream, bytes: Buffer): void {
  const { stream } = opened;
  begin(stream);
  keepFor(opened, bytes.length);
  stream.write(bytes, () => keepFor(opened, -bytes.length));
}

function answer(opened: OpenStream, { status, message, metadata }: CallEnd): void {
  const { stream } = opened;
  answered(opened, message?.length ?? 0);
  const trailers = trailersOf(status, metadata);
  if (!stream.headersSent && message === undefined) {
    stream.respond({ ...responseHeaders, ...trailers }, { endStream: true, ...dateless });
    return;
  }
  begin(stream);
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(message && withPrefix(message));
}

function discardRequest(stream: ServerHttp2Stream): void {
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
