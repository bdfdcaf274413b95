import type { Socket } from "node:net";

/** The clients of proxied connections, as the PROXY protocol names them. */
const namedByProxies = new WeakMap<Socket, string>();

/**
 * The IP address of the client at the other end of a connection, or of TLS on one: not the address of a proxy
 * that speaks the PROXY protocol, but that of its client. `undefined` once the client is gone.
 */
export function clientAddressOf(socket: Socket): string | undefined {
  return namedByProxies.get(socket) ?? socket.remoteAddress;
}

/** The socket is a connection from a proxy, or TLS on one, on behalf of a client with this address. */
export function nameClient(socket: Socket, address: string): void {
  namedByProxies.set(socket, address);
}
