import { basename, dirname } from "node:path";

export interface Place {
  readonly file: string;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
}

/** A place where a file is not as it was written, and the reason. */
export interface Flaw extends Place {
  /** A clause without a full stop. */
  readonly explanation: string;
}

/** The files of the log are not as they were written. Nothing was changed. */
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

/** The disk did not return the bytes of a file. The explanation holds the disk's own error. */
export class ReadFailure extends Error implements Flaw {
  override readonly name = "ReadFailure";
  readonly file: string;
  readonly offset: number;
  readonly explanation: string;
  /** The code of the disk's error, such as `EIO`. */
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

/** A newer version of this program has written the file. */
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

/** The file is intact, but has content that only a newer version of this program understands. */
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
