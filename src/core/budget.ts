/**
 * The budget of the state: the one place that says whether something more fits in. Whatever makes the state
 * larger asks here before it does so; what gives back, and what happens by itself, never does.
 */
import { clientBytesMax, type Limits } from "./limits.ts";
import { makeRoom } from "./locks/idle.ts";
import { type Rejection, rejected } from "./rejection.ts";
import type { Share } from "./shares.ts";
import type { Turn } from "./state.ts";

/**
 * Why there is no room for so many bytes more, which count for the share. Forgets idle names where that helps,
 * the oldest first.
 */
export function budgetFault(
  turn: Turn,
  share: Share | undefined,
  bytes: number,
  by: "client" | "operator" = "client",
): Rejection | undefined {
  const { limits } = turn.state;
  const fault = shareFault(limits, share, bytes);
  if (fault !== undefined) return fault;
  const bytesMax = by === "operator" ? limits.stateBytesMax : clientBytesMax(limits);
  if (makeRoom(turn, bytes, bytesMax)) return undefined;
  return rejected("limit_exceeded", `the state has at most ${limits.stateBytesMax} bytes`);
}

function shareFault(
  { stateBytesPerAddressMax }: Limits,
  share: Share | undefined,
  bytes: number,
): Rejection | undefined {
  if (share === undefined || share.bytes + bytes <= stateBytesPerAddressMax) return undefined;
  const reason = `one address has at most ${stateBytesPerAddressMax} bytes of the state`;
  return rejected("limit_exceeded", reason);
}
