/** A buffer of at least `bytesNeeded` that begins with the first `bytesUsed` of this one. */
export function grown(buffer: Buffer, bytesUsed: number, bytesNeeded: number): Buffer {
  if (bytesNeeded <= buffer.length) return buffer;
  // Double the size: growth in tiny steps would cost a hundred times the size in copies.
  const larger = Buffer.allocUnsafe(Math.max(bytesNeeded, 2 * buffer.length));
  buffer.copy(larger, 0, 0, bytesUsed);
  return larger;
}
