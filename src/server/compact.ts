import { apply, createState, type State } from "../core/apply.ts";
import type { LogIndex } from "../core/ids.ts";
import { restore, snapshot } from "../core/snapshot.ts";
import type { Log } from "../log/log.ts";

/** The written part of a log. */
export type History = Pick<Log, "read" | "newestSnapshot" | "writeSnapshot">;

/** What a start finds in its log. */
export interface Recovered {
  /** At the last entry. */
  readonly state: State;
  /** The snapshot that it was restored from; 0: none. */
  readonly snapshotIndex: LogIndex;
}

/**
 * Reads the newest snapshot and the entries behind it. Another node may trim a shared log meanwhile; then there is a
 * newer snapshot to begin with. Rejects with `RangeError` when the log lacks entries although there is none.
 */
export async function recoverState(log: Log): Promise<Recovered> {
  for (let overtaken: LogIndex | undefined; ; ) {
    const state = await newestState(log);
    const snapshotIndex = state.index;
    try {
      await replay(log, state, log.status().lastIndex);
      return { state, snapshotIndex };
    } catch (error) {
      if (!(error instanceof RangeError) || snapshotIndex === overtaken) throw error;
      overtaken = snapshotIndex;
    }
  }
}

/** The state at the newest snapshot, or the empty one. */
export async function newestState(log: History): Promise<State> {
  const newest = await log.newestSnapshot();
  return newest === undefined ? createState() : restore(newest.records);
}

/**
 * Writes a snapshot of the state at the committed `index`. It replays the log, so that the server's own
 * state can change meanwhile.
 */
export async function writeSnapshot(log: History, index: LogIndex): Promise<void> {
  const state = await newestState(log);
  await replay(log, state, index);
  await log.writeSnapshot(state.index, snapshot(state));
}

/** Applies the entries of the log up to and including `index`. */
export async function replay(log: History, state: State, index: LogIndex): Promise<void> {
  if (state.index >= index) return;
  const abort = new AbortController();
  for await (const entries of log.read((state.index + 1) as LogIndex, abort.signal)) {
    for (const entry of entries) {
      if (entry.index <= index) apply(state, entry);
    }
    if (state.index >= index) return;
  }
}
