/** Whether this is an error of the operating system with one of the codes, such as `ENOENT`. */
export function hasCode(error: unknown, codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && "code" in error)) return false;
  return typeof error.code === "string" && codes.includes(error.code);
}

/** Whether the process or the machine has too many open files. */
export function isOutOfDescriptors(error: unknown): boolean {
  return hasCode(error, ["EMFILE", "ENFILE"]);
}
