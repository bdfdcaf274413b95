import type { LogIndex, TimeMs } from "../../../core/ids.ts";
import { ContentTooNew, type Flaw, FormatTooNew, LogDamage } from "../damage.ts";
import { hasCode } from "../error-code.ts";

export type Finding =
  | {
      readonly type: "snapshot";
      readonly file: string;
      readonly index: LogIndex;
      /** Records of the state. */
      readonly records: number;
      readonly bytes: number;
    }
  | SegmentFinding
  /**
   * An incomplete last record. Either a crash cut it short, and the next start cuts it off; or a
   * running server is writing it.
   */
  | (Flaw & { readonly type: "torn"; readonly bytes: number })
  /** A server refuses to start with this, unless it is in a snapshot that it does not need. */
  | (Flaw & { readonly type: "problem" });

export interface SegmentFinding {
  readonly type: "segment";
  readonly file: string;
  readonly firstIndex: LogIndex;
  /** Lower than `firstIndex` when there are no entries. */
  readonly lastIndex: LogIndex;
  readonly entries: number;
  readonly records: number;
  /** Absent when there are no entries. */
  readonly times?: { readonly first: TimeMs; readonly last: TimeMs };
  /** Without preallocated zeros. */
  readonly bytes: number;
}

/** Throws any error that is no finding. A missing file is none: a server trimmed it meanwhile. */
export function* asProblem(error: unknown): Generator<Finding> {
  if (error instanceof LogDamage) {
    const { file, offset, explanation } = error;
    yield { type: "problem", file, offset, explanation };
  } else if (error instanceof FormatTooNew || error instanceof ContentTooNew) {
    const { file, offset, message } = error;
    yield { type: "problem", file, offset, explanation: message };
  } else if (!hasCode(error, ["ENOENT"])) {
    throw error;
  }
}
