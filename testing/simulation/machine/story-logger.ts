import type { Logger } from "pino";
import { InvariantBroken } from "../invariant-broken.ts";

export interface StoryLoggerParts {
  note(line: string): void;
  fail(failure: Error): void;
}

/** Writes the log lines of a server into the story. Calls `fail` with an error that no sick disk explains. */
export function createStoryLogger({ note, fail }: StoryLoggerParts): Logger {
  const logger = {
    isLevelEnabled: () => false,
    child: () => logger,
    info: (_facts: unknown, text: string) => note(text),
    warn: (_facts: unknown, text: string) => note(`warns: ${text}`),
    error: complain,
    fatal: complain,
  };
  function complain({ err }: { readonly err: unknown }, text: string): void {
    note(`complains: ${text}: ${err}`);
    if (!isOfDisk(err)) fail(new InvariantBroken(`${text}: ${(err as Error).stack}`));
  }
  return logger as unknown as Logger;
}

/** Whether it is the error of a disk, which has a code; all others are our own. */
export function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error || isOfDisk(error.cause);
}
