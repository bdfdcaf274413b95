/** The contents of a folder, read from its files while a server may be writing them. */
import { apply, createState, type State } from "../../../core/apply.ts";
import type { Entry } from "../../../core/command.ts";
import type { LogIndex } from "../../../core/ids.ts";
import { restore } from "../../../core/snapshot.ts";
import type { Disk } from "../disk.ts";
import { type Range, readEntries } from "../entries.ts";
import { hasCode } from "../error-code.ts";
import { segmentsAmong } from "../names.ts";
import { newestSnapshot, type Report } from "../snapshots.ts";

/** Yields the entries of the range that are in the files now. Throws `LogDamage`. */
export async function* readFolder(
  disk: Disk,
  folder: string,
  range: Partial<Range> = {},
): AsyncGenerator<readonly Entry[]> {
  const first = segmentsAmong(await disk.list(folder))[0];
  if (first === undefined) return;
  yield* readEntries(disk, folder, { from: first.index, ...range });
}

/** Tries, at most, while a running server trims the files that are being read. */
const attemptsMax = 5;

/**
 * The state at the last entry in the files. It may include entries that the server has written and
 * not acknowledged yet, as after a crash. `report` gets the damage of each snapshot that was passed
 * over. Throws `LogDamage`, `FormatTooNew`, `ContentTooNew`, and an `Error` when there are no
 * entries.
 */
export async function stateInFolder(disk: Disk, folder: string, report: Report): Promise<State> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readState(disk, folder, report);
    } catch (error) {
      if (!isTrimmed(error) || attempt === attemptsMax) throw error;
    }
  }
}

async function readState(disk: Disk, folder: string, report: Report): Promise<State> {
  const newest = await newestSnapshot(disk, folder, report);
  const state = newest === undefined ? createState() : restore(newest.records);
  const range = { from: (state.index + 1) as LogIndex };
  for await (const entries of readEntries(disk, folder, range)) {
    for (const entry of entries) apply(state, entry);
  }
  if (state.index === 0) throw new Error(`there is no log with entries in ${folder}`);
  return state;
}

/** Whether a server has trimmed the listed files, or the entries to read next. */
function isTrimmed(error: unknown): boolean {
  return error instanceof RangeError || hasCode(error, ["ENOENT"]);
}
