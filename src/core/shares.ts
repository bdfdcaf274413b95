/** The share of each address in the state. It exists while the address has something. */
import { shareBytes } from "./costs.ts";
import type { Deadlines } from "./deadlines.ts";
import { networkOf } from "./network.ts";
import type { Vacant } from "./vacancies.ts";

/** The bytes of the state, as costs.ts counts them, and the share of each address in them. */
export interface Holdings {
  bytes: number;
  readonly shares: Map<string, Share>;
}

export interface Share {
  /** An IPv4 address, or an IPv6 network. */
  readonly address: string;
  sessions: number;
  /** Granted and waiting requests that sessions of this address acquired, or have claimed since. */
  locks: number;
  waiters: number;
  /** Of these sessions and requests, and of namespaces that they created. */
  bytes: number;
  /** Its sessions that could make room for another. */
  readonly vacant: Deadlines<Vacant>;
}

export function createHoldings(): Holdings {
  return { bytes: 0, shares: new Map() };
}

/** The share of this address, made if need be; none without an address. */
export function shareOf(holdings: Holdings, address: string | undefined): Share | undefined {
  if (address === undefined) return undefined;
  const network = networkOf(address);
  const known = holdings.shares.get(network);
  if (known !== undefined) return known;
  const share = { address: network, sessions: 0, locks: 0, waiters: 0, bytes: 0, vacant: [] };
  holdings.shares.set(network, share);
  holdings.bytes += shareBytes(network);
  return share;
}

/** Charges what has come to the state, and to the share of its address. */
export function charge(holdings: Holdings, share: Share | undefined, bytes: number): void {
  holdings.bytes += bytes;
  if (share !== undefined) share.bytes += bytes;
}

/** Undoes `charge` for a thing that is gone. A share without bytes is empty, because everything in it has some. */
export function discharge(holdings: Holdings, share: Share | undefined, bytes: number): void {
  holdings.bytes -= bytes;
  if (share === undefined) return;
  share.bytes -= bytes;
  if (share.bytes > 0) return;
  holdings.shares.delete(share.address);
  holdings.bytes -= shareBytes(share.address);
}
