/** A realistic fault that some check must find; a fault that no check finds means that a check is missing. */
export interface Mutant {
  /** Completes the sentence "a check fails when the server would …", with hyphens for spaces. */
  readonly name: string;
  /** What the faulty server does: a sentence for the report. */
  readonly fault: string;
  readonly edits: readonly Edit[];
}

/** A place in the code, given by its text, and the text that stands there in the mutant. */
export interface Edit {
  /**
   * Code of one file under `src`, without comments and as short as is unique. Line breaks, indentation
   * and trailing commas do not count, so that neither a formatter nor a move to another file matters.
   */
  readonly find: string;
  /** Empty when the mutant only lacks the code. It must type-check, but need not be formatted. */
  readonly replace: string;
}
