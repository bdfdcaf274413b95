import { hasCode } from "./error-code.ts";

/**
 * The disk has no room, and nothing was written. Only within the file log; users get `Unavailable`.
 */
export class DiskFull extends Error {
  override readonly name = "DiskFull";
}

/** Whether the disk is full, and when to try it again. */
export interface Fullness {
  isFull(): boolean;
  /** Whether the disk is full and it is time to try again. */
  isRetryDue(): boolean;
  /** Notes that the disk is full. Throws the error when it has another reason. */
  begin(error: unknown): void;
  end(): void;
  /** The error for a rejected append. */
  reason(): DiskFull;
}

/** Time between two tries of a full disk. */
export const fullRetryMs = 1000;

/** @param nowMs a clock that advances even while the log's own time stands still. */
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

/** The disk is full, over quota, or read-only for now: this may pass. */
const noSpaceCodes = ["ENOSPC", "EDQUOT", "EROFS"];

export function isNoSpace(error: unknown): error is Error {
  return hasCode(error, noSpaceCodes);
}
