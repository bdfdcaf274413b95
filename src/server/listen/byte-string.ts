/**
 * Bytes as a string with one character per byte. That way `+` joins them, and everything that a connection
 * sends in a turn leaves as one latin1 write, which needs no buffer when it is small.
 */
export type ByteString = string;

/** Bytes on their way to one or many connections, in the form that is cheaper for their number. */
export type Piece = ByteString | Buffer;

/** Smaller pieces are cheaper as strings. */
export const largeBytesMin = 16 * 1024;

export function utf8(text: string): ByteString {
  // Only ASCII has as many bytes in UTF-8 as characters, and ASCII is its own byte string.
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");
}

/** The same bytes, without a copy. */
export function bufferOver({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Large bytes become a buffer, so that all connections whose kernel buffer is full share them. */
export function pieceOf(bytes: ByteString | Uint8Array): Piece {
  if (typeof bytes === "string") {
    return bytes.length < largeBytesMin ? bytes : Buffer.from(bytes, "latin1");
  }
  const buffer = bufferOver(bytes);
  return buffer.length < largeBytesMin ? buffer.toString("latin1") : buffer;
}

/** Remembers the last piece, so that data that goes to many connections in a row is encoded once. */
export function rememberLast(
  encode: (data: string | Uint8Array) => Piece,
): (data: string | Uint8Array) => Piece {
  let last: { readonly data: string | Uint8Array; readonly piece: Piece } | undefined;
  return (data) => {
    if (last?.data !== data) last = { data, piece: encode(data) };
    return last.piece;
  };
}
