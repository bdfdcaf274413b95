/** Frames of RFC 9113, section 4.1, and header blocks without compression (RFC 7541, section 6.2.2). */

export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 0x1, endHeaders: 0x4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

export function frameOf({ type, flags = 0, stream = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The beginning of a connection, with the size that each stream's window begins with. */
export function greeting(initialWindow = 65_535): Buffer {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(4);
  setting.writeUInt32BE(initialWindow, 2);
  const settings = frameOf({ type: types.settings, payload: setting });
  return Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings]);
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
  return Buffer.concat(Object.entries(fields).map(([name, value]) => literal(name, value)));
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

function text(of: string): Buffer {
  const bytes = Buffer.from(of);
  if (bytes.length > 126) throw new RangeError("such long texts are not written here");
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
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
