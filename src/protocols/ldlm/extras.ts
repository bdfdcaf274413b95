/**
 * What the answer to a granted lock tells beyond LDLM's own fields. It stands beside the answer and not in it, because
 * the generated classes of some clients reject a field that they do not know.
 */
import type { Granted, Renewed } from "../../core/effect.ts";
import type { TimeMs } from "../../core/ids.ts";

/** The grant behind an answer. */
export interface Grant {
  readonly outcome: Granted | Renewed;
  /** From the grant on, in ms; `undefined`: the lock has no lease. */
  readonly leaseMs: number | undefined;
}

/** By the names that they have in a body. */
export interface Extras {
  /** The fencing token. */
  readonly token: number;
  /** The length of the lease, in ms, which no wrong clock can distort. */
  readonly lease_ms?: number;
  /** The end of the lease, in Unix ms by the server's wall clock. */
  readonly lease_until?: number;
}

/** `wallMsOf` tells what the wall clock shows at a time of the log. */
export function extrasOf(
  { outcome: { token, leaseUntil }, leaseMs }: Grant,
  wallMsOf: (at: TimeMs) => number,
): Extras {
  if (leaseMs === undefined || leaseUntil === undefined) return { token };
  return { token, lease_ms: leaseMs, lease_until: wallMsOf(leaseUntil) };
}

/** The same as trailing metadata over gRPC and as headers over REST. */
export function extraFields(extras: Extras): Readonly<Record<string, string>> {
  const { token, lease_ms: leaseMs, lease_until: leaseUntil } = extras;
  return {
    "x-holdfast-token": String(token),
    ...(leaseMs !== undefined && { "x-holdfast-lease-ms": String(leaseMs) }),
    ...(leaseUntil !== undefined && { "x-holdfast-lease-until": String(leaseUntil) }),
  };
}
