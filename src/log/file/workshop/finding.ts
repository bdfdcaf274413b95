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
   * A last record that is not whole: one that a crash cut short, which is cut off at the next start;
   * or one that a running server is writing.
   */
  | (Flaw & { readonly type: "torn"; readonly bytes: number })
  /** The server refuses to start with it; with a damaged snapshot only if it needs that one. */
  | (Flaw & { readonly type: "problem" });

export interface SegmentFinding {
  readonly type: "segment";
  readonly file: string;
  readonly firstIndex: LogIndex;
  /** Lower than `firstIndex` when there are no entries. */
  readonly lastIndex: LogIndex;
  readonly entries: number;
  readonly records: number;
  /** Absent: no entries. */
  readonly times?: { readonly first: TimeMs; readonly last: TimeMs };
  /** Without the zeros set aside. */
  readonly bytes: number;
}

/** Throws what is no finding. A file that is gone was trimmed meanwhile, which is none either. */
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
