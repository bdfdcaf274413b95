import { isDeepStrictEqual } from "node:util";
import { apply, createState } from "../../src/core/apply.ts";
import type { Command, Entry } from "../../src/core/command.ts";
import { type SnapshotRecord, snapshot } from "../../src/core/snapshot.ts";
import { type Log, Unavailable } from "../../src/log/log.ts";

/** What a log must hold, as those know it who have appended to it. */
export interface Ledger {
  /** Appends, and notes what becomes of it. Resolves when that is known; rejects for no good reason. */
  append(log: Log, commands: readonly Command[]): Promise<void>;
  /** The index of the last entry that was acknowledged. */
  readonly acknowledged: number;
  /** The index of the last entry, once the log was found so; entries up to here can be checked. */
  readonly lastIndex: number;
  /** Takes for the truth what is in the log now, before some of it is trimmed. */
  remember(found: readonly Entry[]): void;
  /**
   * What is remembered now is what a life of the log has left. Throws unless that is what was
   * acknowledged, and of what was under way whatever got through.
   */
  conclude(): void;
  /** Throws unless all of them are as they were left. */
  checkEntries(entries: readonly Entry[]): void;
  /** Throws unless it is the state at the index, as the core alone comes to it. */
  checkState(index: number, records: Iterable<SnapshotRecord>): void;
}

interface Asked {
  readonly commands: readonly Command[];
}

export function createLedger(): Ledger {
  const taken: Command[] = [];
  /** Asked for and not answered, in the order of the calls. */
  const pending = new Set<Asked>();
  const entries: Entry[] = [];
  const state = createState();
  const states: string[] = [textOf(snapshot(state))];

  async function append(log: Log, commands: readonly Command[]): Promise<void> {
    const asked: Asked = { commands };
    pending.add(asked);
    try {
      await log.append(commands);
      taken.push(...commands);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
    pending.delete(asked);
  }

  function remember(found: readonly Entry[]): void {
    const later = found.filter(({ index }) => index > entries.length);
    for (const entry of later) {
      if (entry.index !== entries.length + 1)
        throw new Error(`entry ${entry.index} comes too early`);
      entries.push(entry);
      apply(state, entry);
      states.push(textOf(snapshot(state)));
    }
    checkEntries(found);
  }

  function conclude(): void {
    for (const { commands } of pending) {
      if (startsWith(entries.slice(taken.length), commands)) taken.push(...commands);
    }
    pending.clear();
    if (!startsWith(entries, taken)) throw new Error("the log holds not what was acknowledged");
    if (entries.length === taken.length) return;
    throw new Error(`${entries.length} entries were left, of ${taken.length} that were appended`);
  }

  function checkEntries(found: readonly Entry[]): void {
    const wrong = found.find((entry) => !isDeepStrictEqual(entry, entries[entry.index - 1]));
    if (wrong !== undefined) throw new Error(`never appended so: ${JSON.stringify(wrong)}`);
  }

  return {
    append,
    get acknowledged() {
      return taken.length;
    },
    get lastIndex() {
      return entries.length;
    },
    remember,
    conclude,
    checkEntries,
    checkState(index, records) {
      const found = textOf(records);
      if (found === states[index]) return;
      throw new Error(`the state at ${index} is\n${found}\nnot\n${states[index]}`);
    },
  };
}

function startsWith(entries: readonly Entry[], commands: readonly Command[]): boolean {
  return commands.every((command, place) => isDeepStrictEqual(entries[place]?.command, command));
}

/** In which order namespaces are that are in use is left open: it says when each was made in memory. */
function textOf(records: Iterable<SnapshotRecord>): string {
  const all = [...records];
  const spaces = all.filter((record) => record.type === "namespace");
  const others = all.filter(({ type }) => type !== "namespace");
  const texts = spaces.map((space) => JSON.stringify(space)).sort();
  return [...texts, ...others.map((record) => JSON.stringify(record))].join("\n");
}
