/**
 * The framing of a call's messages: each has a prefix of 5 bytes with its compression flag and its
 * length; https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Requests".
 */
import { grown } from "../growing.ts";
import { type CallStatus, callFailed } from "./status.ts";

const prefixBytes = 5;

const nothing: Buffer = Buffer.alloc(0);

/** Reads the messages of one direction of a call from its chunks. */
export interface MessageReader {
  /** The messages that the chunk completes, or the status of an error, after which the reader is useless. */
  read(chunk: Uint8Array): readonly Uint8Array[] | CallStatus;
  /** Whether a message is incomplete. */
  readonly isWithin: boolean;
}

/** Refuses a message longer than `bytesMax` at its prefix, so that no client can make the server gather more. */
export function createMessageReader(bytesMax: number): MessageReader {
  /** The incomplete message is in the first `used` bytes. */
  let buffer = nothing;
  let used = 0;

  function keep(rest: Uint8Array): void {
    buffer = grown(buffer, used, used + rest.length);
    buffer.set(rest, used);
    used += rest.length;
  }

  return {
    get isWithin() {
      return used > 0;
    },
    read(chunk) {
      const isWithin = used > 0;
      if (isWithin) keep(chunk);
      const bytes = isWithin ? buffer.subarray(0, used) : chunk;
      const messages: Uint8Array[] = [];
      let at = 0;
      while (bytes.length - at >= prefixBytes) {
        const error = prefixError(bytes, at, bytesMax);
        if (error !== undefined) return error;
        const end = at + prefixBytes + lengthAt(bytes, at);
        if (end > bytes.length) break;
        messages.push(bytes.subarray(at + prefixBytes, end));
        at = end;
      }
      if (isWithin && at === 0) return messages;
      buffer = nothing;
      used = 0;
      if (at < bytes.length) keep(bytes.subarray(at));
      return messages;
    },
  };
}

/** The message, if the bytes hold exactly one: the usual case, which needs no reader. */
export function onlyMessage(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
  if (bytes.length < prefixBytes || bytes.length > prefixBytes + bytesMax || bytes[0] !== 0) {
    return undefined;
  }
  const isWhole = lengthAt(bytes, 0) === bytes.length - prefixBytes;
  return isWhole ? bytes.subarray(prefixBytes) : undefined;
}

export function withPrefix(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(prefixBytes + message.length);
  bytes.writeUInt8(0, 0);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, prefixBytes);
  return bytes;
}

function prefixError(bytes: Uint8Array, at: number, bytesMax: number): CallStatus | undefined {
  const flag = bytes[at];
  // The call has no `grpc-encoding`; otherwise its headers would have been refused.
  if (flag !== 0)
    return callFailed("internal", "a message is compressed, but the headers name no encoding");
  const length = lengthAt(bytes, at);
  if (length <= bytesMax) return undefined;
  return callFailed(
    "resource_exhausted",
    `a message of ${length} bytes is longer than ${bytesMax}, the most that is taken`,
  );
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const byte = (place: number) => bytes[at + place] as number;
  return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0;
}
