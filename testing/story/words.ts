import type { Claim, Path } from "../../src/core/command.ts";
import type { ApiTokenId } from "../../src/core/ids.ts";

/**
 * The small words of a story, each read and written here, so that what is printed can be played.
 *
 *     10s  1500ms  2m  1h              a time or a duration
 *     invoices/2026  /                 a path; the second is the root
 *     a shared, b slot(3), c           claims; exclusive unless told
 *     id=t1                            an API token; its digest goes without saying
 */

const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Throws `Error` when it is none. */
export function readDuration(text: string): number {
  const [, digits, unit] = /^(-?[\d.]+)(ms|s|m|h)?$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`no duration: ${text}`);
  if (unit === undefined && digits !== "0") throw new Error(`a duration without unit: ${text}`);
  return Number(digits) * unitMs[(unit ?? "ms") as keyof typeof unitMs];
}

export function writeDuration(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}

export function readPath(text: string): Path {
  return text === "/" ? [] : text.split("/");
}

export function writePath(path: Path): string {
  return path.length === 0 ? "/" : path.join("/");
}

/** Throws `Error` when one has a mode that does not exist. */
export function readClaims(text: string): readonly Claim[] {
  if (text === "nothing") return [];
  return text.split(",").map((claim) => {
    const [path = "", mode = "exclusive"] = claim.trim().split(/\s+/);
    return readClaim(readPath(path), mode);
  });
}

function readClaim(path: Path, mode: string): Claim {
  if (mode === "shared" || mode === "exclusive") return { mode, path };
  const [, size] = /^slot\((-?[\d.]+)\)$/.exec(mode) ?? [];
  if (size === undefined) throw new Error(`no mode of a claim: ${mode}`);
  return { mode: "slot", path, size: Number(size) };
}

export function writeClaims(claims: readonly Claim[]): string {
  if (claims.length === 0) return "nothing";
  return claims.map((claim) => `${writePath(claim.path)}${writeMode(claim)}`).join(", ");
}

/** The hash of an API token that has no text. */
export function digestOf(token: ApiTokenId): string {
  return Buffer.from(token).toString("hex").padStart(64, "0");
}

function writeMode(claim: Claim): string {
  if (claim.mode === "slot") return ` slot(${claim.size})`;
  return claim.mode === "exclusive" ? "" : ` ${claim.mode}`;
}
