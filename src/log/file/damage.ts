import { basename, dirname } from "node:path";

export interface Place {
  readonly file: string;
  /** In bytes from the begin of the file. */
  readonly offset: number;
}

/** Where a file is not as it was written, and what is wrong there. */
export interface Flaw extends Place {
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
        `${nextSteps(dirname(file))}.`,
    );
    this.file = file;
    this.offset = offset;
    this.explanation = explanation;
  }
}

/** The disk did not give the bytes of a file. All that its own error has said is in the explanation. */
export class ReadFailure extends Error implements Flaw {
  override readonly name = "ReadFailure";
  readonly file: string;
  readonly offset: number;
  readonly explanation: string;
  /** That of the disk's error, such as `EIO`. */
  readonly code: string | undefined;

  constructor({ file, offset }: Place, { code, message }: NodeJS.ErrnoException) {
    const explanation = `the disk cannot read it (${message})`;
    super(
      `${basename(file)}, byte ${offset}: ${explanation}. First copy ${dirname(file)} to a sound ` +
        `disk; ${nextSteps(dirname(file))}.`,
    );
    this.file = file;
    this.offset = offset;
    this.explanation = explanation;
    this.code = code;
  }
}

function nextSteps(folder: string): string {
  return (
    `"holdfast log check ${folder}" shows all there is, and ` +
    `"holdfast log repair ${folder} --dry-run" what can be saved`
  );
}

/** The file was written by a newer version of this program. */
export class FormatTooNew extends Error {
  override readonly name = "FormatTooNew";
  readonly file: string;
  readonly offset = 0;

  constructor(file: string, found: number, newest: number) {
    super(
      `${file} has format version ${found}; this program reads versions up to ${newest}. ` +
        "It was written by a newer version of Holdfast: use that one.",
    );
    this.file = file;
  }
}

/** The file is whole, but holds what only a newer version of this program can mean. */
export class ContentTooNew extends Error {
  override readonly name = "ContentTooNew";
  readonly file: string;
  readonly offset: number;

  /** `what` is a noun with its place: `the command "enqueue" of entry 7`. */
  constructor({ file, offset }: Place, what: string) {
    super(
      `${file}, byte ${offset}: ${what} is unknown to this program. ` +
        "It was written by a newer version of Holdfast: use that one.",
    );
    this.file = file;
    this.offset = offset;
  }
}
