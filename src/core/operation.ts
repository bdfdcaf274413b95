import type { Requested } from "./traits.ts";

/** What an operator asks for: on behalf of others, without being one of them. */
export interface Operation extends Requested {
  /** The operator's name, for whoever reads the log later; at most `operatorLengthMax` code units. */
  readonly by: string;
}
