/**
 * HTTP/2 frames as a client of gRPC sends and reads them, made to cost little: headers that are the same
 * in every call, and answers of which only the end and the key are looked at. RFC 9113 and RFC 7541.
 */
const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7 } as const;
const flags = { endStream: 1, endHeaders: 4, ack: 1 } as const;
const headBytes = 9;

export function frame(type: number, flag: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(headBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flag;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, headBytes);
  return bytes;
}

/** The preface, and a window for answers that is never used up. */
export const opening = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(types.settings, 0, 0, Buffer.alloc(0)),
  frame(8, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
]);

/** A call on stream 0, to be copied with the number of another. */
export function callFrames(path: string, message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame(types.headers, flags.endHeaders, 0, headerBlock(path)),
    frame(types.data, flags.endStream, 0, Buffer.concat([prefix, message])),
  ]);
}

/** Writes the number of the stream into both frames of a call. */
export function withStream(call: Buffer, stream: number): Buffer {
  const copy = Buffer.from(call);
  copy.writeUInt32BE(stream, 5);
  copy.writeUInt32BE(stream, headBytes + copy.readUIntBE(0, 3) + 5);
  return copy;
}

/** Literals without indexing, so that no table is needed. */
function headerBlock(path: string): Buffer {
  const headers = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["user-agent", "holdfast-bench/1"],
  ];
  return Buffer.concat(
    headers.map(([name = "", value = ""]) =>
      Buffer.from(
        `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
        "latin1",
      ),
    ),
  );
}

/** What is made of what the server sends. */
export interface Reader {
  /** The first message of a call. */
  message(stream: number, message: Buffer): void;
  /** The call is over. */
  ended(stream: number): void;
  /** Must be sent back. */
  reply(bytes: Buffer): void;
}

/** Reads the whole frames; returns how many bytes they are. Throws when a call or the connection fails. */
export function readFrames(bytes: Buffer, reader: Reader): number {
  let at = 0;
  while (bytes.length - at >= headBytes) {
    const end = at + headBytes + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    const [type, flag, stream] = [bytes[at + 3], bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5)];
    const isAck = (flag & flags.ack) !== 0;
    if (type === types.data && end > at + headBytes) {
      reader.message(stream, bytes.subarray(at + headBytes + 5, end));
    }
    if (type === types.goAway || type === types.reset) throw new Error("the server ended a call");
    if (type === types.settings && !isAck) reader.reply(frame(types.settings, flags.ack, 0, none));
    if (type === types.ping && !isAck) {
      reader.reply(frame(types.ping, flags.ack, 0, bytes.subarray(at + headBytes, end)));
    }
    if ((type === types.headers || type === types.data) && (flag & flags.endStream) !== 0) {
      reader.ended(stream);
    }
    at = end;
  }
  return at;
}

const none = Buffer.alloc(0);
