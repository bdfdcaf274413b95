import { grown } from "../../protocols/growing.ts";

/**
 * Bytes that have arrived piece by piece. A large piece is kept as it came, because copying takes new memory, which is
 * slow. Small ones are copied together: keeping each by itself would cost a hundred times its size.
 */
export interface Pieces {
  readonly whole: Buffer[];
  /** The copies of the small pieces behind the whole ones, in its first `copiedBytes`. */
  copies: Buffer;
  copiedBytes: number;
}

/** A smaller piece is copied. */
const wholeBytesMin = 4096;

/** A piece that is less than this part of the memory which it keeps is copied. */
const wholePartMin = 1 / 4;

const none = Buffer.alloc(0);

export function createPieces(): Pieces {
  return { whole: [], copies: none, copiedBytes: 0 };
}

export function addPiece(pieces: Pieces, piece: Buffer): void {
  if (isKeptWhole(piece)) {
    endCopies(pieces);
    pieces.whole.push(piece);
    return;
  }
  const { copies, copiedBytes } = pieces;
  pieces.copies = grown(copies, copiedBytes, copiedBytes + piece.length);
  pieces.copiedBytes += piece.copy(pieces.copies, copiedBytes);
}

export function joinPieces(pieces: Pieces): Buffer {
  endCopies(pieces);
  const [only = none, ...others] = pieces.whole;
  return others.length === 0 ? only : Buffer.concat(pieces.whole);
}

function isKeptWhole({ length, buffer }: Buffer): boolean {
  return length >= wholeBytesMin && length >= wholePartMin * buffer.byteLength;
}

function endCopies(pieces: Pieces): void {
  const { whole, copies, copiedBytes } = pieces;
  if (copiedBytes > 0) whole.push(copies.subarray(0, copiedBytes));
  pieces.copies = none;
  pieces.copiedBytes = 0;
}
