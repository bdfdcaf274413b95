/** A buffer for at least `bytesNeeded` that begins with the first `bytesUsed` of this one. */
export function grown(buffer: Buffer, bytesUsed: number, bytesNeeded: number): Buffer {
  if (bytesNeeded <= buffer.length) return buffer;
  // Twice as much: one that grows by crumbs would cost a hundred times its size.
  const larger = Buffer.allocUnsafe(Math.max(bytesNeeded, 2 * buffer.length));
  buffer.copy(larger, 0, 0, bytesUsed);
  return larger;
}
