/** An error as `node:fs` throws it: the `code` says of which kind. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
