/** Whether the operating system has said one of these, such as `ENOENT`. */
export function hasCode(error: unknown, codes: readonly string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error && "code" in error)) return false;
  return typeof error.code === "string" && codes.includes(error.code);
}
