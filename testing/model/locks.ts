import type { Claim, Path } from "../../src/core/command.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../../src/core/ids.ts";

/** An accepted request that has not ended: it waits, or it holds. */
export interface ModelLock {
  readonly namespace: Namespace;
  readonly number: LockNumber;
  readonly acceptedIndex: LogIndex;
  readonly request: RequestId;
  readonly claims: readonly Claim[];
  readonly key: LockKey | undefined;
  readonly outlivesSession: boolean;
  readonly bytes: number;
  /** That of the session that acquired or claimed it last. */
  address: string | undefined;
  /** Undefined: it outlived its session. */
  session: SessionId | undefined;
  /** The node of its session, or of the last that it had. */
  node: NodeId | undefined;
  /** Undefined: it waits. */
  token: FencingToken | undefined;
  leaseMs: number | undefined;
  /** The end of the wait, then of the lease. */
  deadline: TimeMs | undefined;
}

/** What the rule looks at. */
export interface InLine {
  readonly namespace: string;
  readonly number: number;
  readonly claims: readonly Claim[];
}

/**
 * The rule of all lock APIs: a request is granted at the first moment when no live request with a
 * smaller number conflicts with it and, for each slot it claims, fewer than `size` live requests with
 * smaller numbers want that same path as a slot.
 */
export function isGrantable(lock: InLine, live: readonly InLine[]): boolean {
  const earlier = live.filter(
    (other) => other.namespace === lock.namespace && other.number < lock.number,
  );
  return lock.claims.every(
    (claim) =>
      !earlier.some((other) => other.claims.some((theirs) => conflict(claim, theirs))) &&
      (claim.mode !== "slot" ||
        earlier.filter((other) => wantsSlot(other, claim.path)).length < claim.size),
  );
}

/** Whether two claims of different requests exclude each other; slots on one path share its places. */
export function conflict(a: Claim, b: Claim): boolean {
  if (a.mode === "shared" && b.mode === "shared") return false;
  if (a.mode === "slot" && b.mode === "slot" && isSamePath(a.path, b.path)) return false;
  return isPrefix(a.path, b.path) || isPrefix(b.path, a.path);
}

export function wantsSlot(lock: { readonly claims: readonly Claim[] }, path: Path): boolean {
  return lock.claims.some((claim) => claim.mode === "slot" && isSamePath(claim.path, path));
}

export function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && isPrefix(a, b);
}

export function isPrefix(short: Path, long: Path): boolean {
  return short.every((segment, depth) => segment === long[depth]);
}
