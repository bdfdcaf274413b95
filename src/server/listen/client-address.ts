import type { Socket } from "node:net";

/** The IP address of the client at the other end of a connection, or of TLS on one; `undefined` once it is gone. */
export function clientAddressOf(socket: Socket): string | undefined {
  return socket.remoteAddress;
}
