import { readFileSync } from "node:fs";

/**
 * How many files and sockets this process may have open at once (RLIMIT_NOFILE). Node raises the soft
 * limit to the hard one at its start. `undefined` without a limit, or without the file in which Linux
 * lists it; proc(5).
 */
export function readOpenFilesMax(): number | undefined {
  try {
    return openFilesMaxIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** The limit in the text of that file. */
export function openFilesMaxIn(limits: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
