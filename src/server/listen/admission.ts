import type { Socket } from "node:net";
import { networkOf } from "../../core/network.ts";
import type { Refusal } from "./refusals.ts";

/**
 * Counts connections in total and by the address of their client, with IPv6 by its network, and refuses those beyond
 * the caps.
 */
export interface Admission {
  /** Counts the connection until it closes, or returns why it exceeds the cap of all. */
  admit(socket: Socket): Refusal | undefined;
  /** Also counts it for its client's address. Beyond the cap of that, counts it no longer and returns why. */
  identify(socket: Socket, address: string): Refusal | undefined;
  readonly open: ReadonlySet<Socket>;
}

export function createAdmission(limits: {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}): Admission {
  const open = new Set<Socket>();
  const openByNetwork = new Map<string, number>();

  function release(network: string): void {
    const rest = (openByNetwork.get(network) ?? 0) - 1;
    if (rest > 0) openByNetwork.set(network, rest);
    else openByNetwork.delete(network);
  }

  return {
    open,
    admit(socket) {
      if (open.size >= limits.connectionsMax) return "connections_max";
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      return undefined;
    },
    identify(socket, address) {
      const network = networkOf(address);
      const ofNetwork = openByNetwork.get(network) ?? 0;
      if (ofNetwork >= limits.connectionsPerAddressMax) {
        open.delete(socket);
        return "address_connections_max";
      }
      openByNetwork.set(network, ofNetwork + 1);
      socket.once("close", () => release(network));
      return undefined;
    },
  };
}
