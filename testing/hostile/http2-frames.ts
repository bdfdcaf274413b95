/** Requests and floods of HTTP/2 frames, for attackers. */
import {
  endHeaders,
  endStream,
  type FrameType,
  frame,
  header,
  openingWith,
  uint32,
} from "../http2-frames.ts";

export const flags = { endStream, endHeaders } as const;

export interface Frame {
  readonly type: FrameType;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

export function frameOf({ type, flags = 0, stream = 0, payload }: Frame): Buffer {
  return frame(type, { flags, stream }, payload);
}

/** The beginning of a connection, with the size that each stream's window begins with. */
export function greeting(initialWindow = 65_535): Buffer {
  return openingWith(Buffer.concat([Buffer.of(0, 4), uint32(initialWindow)]));
}

/** `more` are fields besides those that every request has. */
export function headerBlock(
  method: string,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Buffer {
  const fields = {
    ":method": method,
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    ...more,
  };
  return Buffer.concat(Object.entries(fields).map(([name, value]) => header(name, value)));
}

/**
 * The same frames on one stream after another, as an endless row of pieces. A connection has ids for a
 * billion streams.
 */
export function onManyStreams(frames: readonly Frame[], streamsPerPiece: number): () => Buffer {
  const one = Buffer.concat(frames.map((frame) => frameOf({ ...frame, stream: 1 })));
  const offsets: number[] = [];
  for (let at = 0; at < one.length; at += 9 + one.readUIntBE(at, 3)) offsets.push(at + 5);
  let stream = -1;
  return () => {
    const piece = Buffer.alloc(one.length * streamsPerPiece);
    for (let place = 0; place < streamsPerPiece; place += 1) {
      stream += 2;
      one.copy(piece, place * one.length);
      for (const offset of offsets) piece.writeUInt32BE(stream, place * one.length + offset);
    }
    return piece;
  };
}

/** A message of gRPC, which goes into DATA frames. */
export function grpcMessage(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export const grpcFields = { "content-type": "application/grpc", te: "trailers" } as const;
