import type { Socket } from "node:net";
import { clientAddressOf } from "./client-address.ts";
import type { Refusal } from "./refusals.ts";

/** Counts connections in total and by remote address, and refuses those beyond the caps. */
export interface Admission {
  /** Counts the connection until it closes, or returns why it exceeds a cap. */
  admit(socket: Socket): Refusal | undefined;
  readonly open: ReadonlySet<Socket>;
}

export function createAdmission(limits: {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}): Admission {
  const open = new Set<Socket>();
  const openByAddress = new Map<string, number>();

  function release(socket: Socket, address: string): void {
    open.delete(socket);
    const rest = (openByAddress.get(address) ?? 0) - 1;
    if (rest > 0) openByAddress.set(address, rest);
    else openByAddress.delete(address);
  }

  return {
    open,
    admit(socket) {
      // A socket loses its address once the client is gone.
      const address = clientAddressOf(socket) ?? "gone";
      const ofAddress = openByAddress.get(address) ?? 0;
      if (open.size >= limits.connectionsMax) return "connections_max";
      if (ofAddress >= limits.connectionsPerAddressMax) return "address_connections_max";
      open.add(socket);
      openByAddress.set(address, ofAddress + 1);
      socket.once("close", () => release(socket, address));
      return undefined;
    },
  };
}
