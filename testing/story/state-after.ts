import { apply, createState, type State } from "../../src/core/apply.ts";
import type { Outcome } from "../../src/core/effect.ts";
import type { LogIndex, TimeMs } from "../../src/core/ids.ts";
import { createCast } from "./cast.ts";
import { readCommands } from "./read.ts";

/** The state after the lines of a story, a second apart. */
export function stateAfter(lines: string): State {
  const state = createState();
  continued(state, lines);
  return state;
}

/** Plays more lines of a story on the state. Returns the last outcome, if there was any. */
export function continued(state: State, lines: string): Outcome | undefined {
  const cast = createCast();
  let last: Outcome | undefined;
  for (const line of lines.trim().split("\n")) {
    const at = (state.at + 1000) as TimeMs;
    for (const command of readCommands(line.trim(), cast)) {
      const index = (state.index + 1) as LogIndex;
      last = apply(state, { index, at, command }).at(-1)?.outcome;
    }
  }
  return last;
}
