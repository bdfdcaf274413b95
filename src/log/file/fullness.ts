import { hasCode } from "./error-code.ts";

/** There is no room, and nothing was added. Inside the file log only: users see `Unavailable`. */
export class DiskFull extends Error {
  override readonly name = "DiskFull";
}

/** Whether the disk is full, and since when it was not tried again. */
export interface Fullness {
  isFull(): boolean;
  /** The disk is full, and it is time to look again. */
  isRetryDue(): boolean;
  /** Notes that the error said so. Throws the error when it is of another kind. */
  begin(error: unknown): void;
  end(): void;
  /** What an append is told. */
  reason(): DiskFull;
}

/** A full disk is tried no more often. */
export const fullRetryMs = 1000;

/** @param nowMs a clock that goes on whatever becomes of the log's own time. */
export function createFullness(nowMs: () => number): Fullness {
  let full: { readonly cause: Error; readonly retryAt: number } | undefined;
  return {
    isFull: () => full !== undefined,
    isRetryDue: () => full !== undefined && nowMs() >= full.retryAt,
    begin(error) {
      if (!isNoSpace(error)) throw error;
      full = { cause: error, retryAt: nowMs() + fullRetryMs };
    },
    end() {
      full = undefined;
    },
    reason: () => new DiskFull(`The disk takes no more: ${full?.cause.message}`, full),
  };
}

/** The disk is full, over the quota, or read-only for now: it may get better. */
const noSpaceCodes = ["ENOSPC", "EDQUOT", "EROFS"];

export function isNoSpace(error: unknown): error is Error {
  return hasCode(error, noSpaceCodes);
}
