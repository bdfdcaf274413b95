import type { Logger } from "pino";
import { InvariantBroken } from "../invariant-broken.ts";

export interface StoryLoggerParts {
  tell(line: string): void;
  fail(failure: Error): void;
}

/** Writes the lines of a server into the story. An error that no sick disk explains is a failure. */
export function createStoryLogger({ tell, fail }: StoryLoggerParts): Logger {
  const logger = {
    isLevelEnabled: () => false,
    child: () => logger,
    info: (_facts: unknown, text: string) => tell(text),
    warn: (_facts: unknown, text: string) => tell(`warns: ${text}`),
    error: complain,
    fatal: complain,
  };
  function complain({ err }: { readonly err: unknown }, text: string): void {
    tell(`complains: ${text}: ${err}`);
    if (!isOfDisk(err)) fail(new InvariantBroken(`${text}: ${(err as Error).stack}`));
  }
  return logger as unknown as Logger;
}

/** The errors of a disk have a code; all others are our own. */
export function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error || isOfDisk(error.cause);
}
