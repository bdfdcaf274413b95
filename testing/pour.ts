import type { RawClient } from "./loopback.ts";

const bytesMax = 100 * 1024 * 1024;

/** Writes the piece again and again, 100 MB at most, until the server answers or is gone; then ends. */
export async function pour({ socket }: RawClient, piece: Buffer): Promise<void> {
  const end = new AbortController();
  for (const sign of ["data", "close"]) socket.once(sign, () => end.abort());
  for (let bytes = 0; bytes < bytesMax && !end.signal.aborted; bytes += piece.length) {
    if (socket.write(piece)) await new Promise((resolve) => setImmediate(resolve));
    else await drained(socket, end.signal);
  }
  socket.end();
}

function drained(socket: RawClient["socket"], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
