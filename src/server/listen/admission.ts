import type { Socket } from "node:net";
import type { Refusal } from "./refusals.ts";

/** Counts connections in total and by the address of their client, and refuses those beyond the caps. */
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
  const openByAddress = new Map<string, number>();

  function release(address: string): void {
    const rest = (openByAddress.get(address) ?? 0) - 1;
    if (rest > 0) openByAddress.set(address, rest);
    else openByAddress.delete(address);
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
      const ofAddress = openByAddress.get(address) ?? 0;
      if (ofAddress >= limits.connectionsPerAddressMax) {
        open.delete(socket);
        return "address_connections_max";
      }
      openByAddress.set(address, ofAddress + 1);
      socket.once("close", () => release(address));
      return undefined;
    },
  };
}
