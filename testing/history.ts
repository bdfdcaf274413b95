import { apply, createState } from "../src/core/apply.ts";
import type { Entry } from "../src/core/command.ts";
import type { Effect } from "../src/core/effect.ts";
import { nodeDisk } from "../src/log/file/mod.ts";
import { readFolder } from "../src/log/file/workshop/mod.ts";

/** An entry of a log, and what was told because of it. */
export interface Happening {
  readonly entry: Entry;
  readonly effects: readonly Effect[];
}

/**
 * What the log in a folder tells, from its first entry on; the server may be running. So a test can
 * ask when something happened by the server's own time, and needs no clock. The log must not have
 * been trimmed.
 */
export async function readHistory(folder: string): Promise<readonly Happening[]> {
  const state = createState();
  const happenings: Happening[] = [];
  for await (const entries of readFolder(nodeDisk, folder)) {
    for (const entry of entries) happenings.push({ entry, effects: apply(state, entry) });
  }
  return happenings;
}
