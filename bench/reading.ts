import { connect, type Socket } from "node:net";

/**
 * Connects to a port of this machine, and calls `take` with what each read brings. Connections may share the buffer, because
 * `take` is done with the bytes before the next read.
 */
export function connectReading(
  port: number,
  buffer: Buffer,
  take: (bytes: Buffer) => void,
): Socket {
  return connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback(bytes) {
        take(buffer.subarray(0, bytes));
        return true;
      },
    },
  });
}
