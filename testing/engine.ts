import { apply, createState, nextDeadline, type State } from "../src/core/apply.ts";
import type { Entry } from "../src/core/command.ts";
import type { Effect } from "../src/core/effect.ts";
import type { TimeMs } from "../src/core/ids.ts";
import { restore, type SnapshotRecord, snapshot } from "../src/core/snapshot.ts";

/** What stories and histories are played on: the core, or the naive model of it. */
export interface Engine {
  apply(entry: Entry): readonly Effect[];
  nextDeadline(): TimeMs | undefined;
  /** Goes on from its own snapshot, which went through JSON, as after a restart. */
  reload(): void;
  snapshot(): readonly SnapshotRecord[];
  holdings(): State["holdings"];
}

export function createCore(): Engine {
  let state = createState();
  return {
    apply: (entry) => apply(state, entry),
    nextDeadline: () => nextDeadline(state),
    reload() {
      state = restore(JSON.parse(JSON.stringify([...snapshot(state)])));
    },
    snapshot: () => [...snapshot(state)],
    holdings: () => state.holdings,
  };
}
