import { visitCountOf } from "../costs.ts";
import type { Limits } from "../limits.ts";
import { isLongerThan, slotSizeMax } from "../limits.ts";
import { type Rejection, rejected } from "../rejection.ts";
import type { Claim, Path } from "./commands.ts";

/** The first fault of the claims of one request, taken by themselves. */
export function claimsFault(claims: readonly Claim[], limits: Limits): Rejection | undefined {
  if (claims.length > limits.claimsMax) {
    return rejected("limit_exceeded", `a request has at most ${limits.claimsMax} claims`);
  }
  if (visitCountOf(claims) > limits.visitsPerRequestMax) {
    const reason = `the paths of a request have at most ${limits.visitsPerRequestMax} segments in all, and each path counts one more`;
    return rejected("limit_exceeded", reason);
  }
  for (const { path } of claims) {
    const fault = pathFault(path, limits);
    if (fault !== undefined) return fault;
  }
  if (claims.every((claim) => claim.mode !== "slot" || isSlotSize(claim.size))) return undefined;
  return rejected("invalid_argument", "a slot size is a whole number greater than 0");
}

function pathFault(path: Path, limits: Limits): Rejection | undefined {
  if (path.length > limits.pathSegmentsMax) {
    return rejected("limit_exceeded", `a path has at most ${limits.pathSegmentsMax} segments`);
  }
  if (path.some((segment) => isLongerThan(segment, limits.nameBytesMax))) {
    return rejected("limit_exceeded", `a name has at most ${limits.nameBytesMax} bytes`);
  }
  return undefined;
}

function isSlotSize(size: number): boolean {
  return Number.isInteger(size) && size > 0 && size <= slotSizeMax;
}

/**
 * The claims without those that change nothing, because another claim of the same request excludes
 * everyone whom they exclude: a claim below an own exclusive one, and a shared claim below an own shared
 * one. The rest is sorted by path. `undefined` when two claims want one path with different slot sizes.
 */
export function essentialClaims(claims: readonly Claim[]): readonly Claim[] | undefined {
  if (claims.length < 2) return claims;
  const essential: Claim[] = [];
  /** Kept claims whose paths are prefixes of the current one, outermost first. */
  const around: Claim[] = [];
  for (const claim of [...claims].sort(compareClaims)) {
    while (around.length > 0 && !isPrefix((around.at(-1) as Claim).path, claim.path)) around.pop();
    if (around.some((outer) => isOtherSize(outer, claim))) return undefined;
    if (around.some((outer) => isCoveredBy(outer, claim))) continue;
    essential.push(claim);
    around.push(claim);
  }
  return essential;
}

/** Outer paths first; on the same path what covers most first. */
function compareClaims(a: Claim, b: Claim): number {
  return comparePaths(a.path, b.path) || strength[a.mode] - strength[b.mode];
}

const strength = { exclusive: 0, slot: 1, shared: 2 } as const satisfies Record<
  Claim["mode"],
  number
>;

/** By code units, segment by segment; a prefix comes before what it is a prefix of. */
function comparePaths(a: Path, b: Path): number {
  const length = Math.min(a.length, b.length);
  for (let place = 0; place < length; place += 1) {
    const left = a[place] as string;
    const right = b[place] as string;
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/** Whether `outer` begins `inner`; equal paths included. */
function isPrefix(outer: Path, inner: Path): boolean {
  return outer.length <= inner.length && outer.every((segment, place) => segment === inner[place]);
}

function isOtherSize(outer: Claim, claim: Claim): boolean {
  return (
    outer.mode === "slot" &&
    claim.mode === "slot" &&
    outer.path.length === claim.path.length &&
    outer.size !== claim.size
  );
}

function isCoveredBy(outer: Claim, claim: Claim): boolean {
  if (claim.mode === "slot") {
    return outer.mode === "slot" && outer.path.length === claim.path.length;
  }
  return outer.mode === "exclusive" || (outer.mode === "shared" && claim.mode === "shared");
}
