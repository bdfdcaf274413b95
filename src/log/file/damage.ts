import { basename, dirname } from "node:path";

/** Where a file is not as it was written, and what is wrong there. */
export interface Flaw {
  readonly file: string;
  /** In bytes from the begin of the file. */
  readonly offset: number;
  /** A clause without full stop. */
  readonly explanation: string;
}

/** The log cannot be vouched for; it was left as it is. */
export class LogDamage extends Error implements Flaw {
  override readonly name = "LogDamage";
  readonly file: string;
  readonly offset: number;
  readonly explanation: string;

  constructor({ file, offset, explanation }: Flaw) {
    super(
      `${basename(file)}, byte ${offset}: ${explanation}. Nothing was changed; ` +
        `"holdfast log check ${dirname(file)}" shows all there is.`,
    );
    this.file = file;
    this.offset = offset;
    this.explanation = explanation;
  }
}

/** The file was written by a newer version of this program. */
export class FormatTooNew extends Error {
  override readonly name = "FormatTooNew";
  readonly file: string;

  constructor(file: string, found: number, newest: number) {
    super(
      `${file} has format version ${found}; this program reads versions up to ${newest}. ` +
        "It was written by a newer version of Holdfast: use that one.",
    );
    this.file = file;
  }
}
