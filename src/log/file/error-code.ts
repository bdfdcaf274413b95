/** Whether the operating system has said one of these, such as `ENOENT`. */
export function hasCode(error: unknown, codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && "code" in error)) return false;
  return typeof error.code === "string" && codes.includes(error.code);
}

/** The process or the machine has too many files open. */
export function isOutOfDescriptors(error: unknown): boolean {
  return hasCode(error, ["EMFILE", "ENFILE"]);
}
