import type { Mutant } from "../mutant.ts";

/** What a snapshot holds, when it counts, and what a start restores from it. */
export const snapshotMutants: readonly Mutant[] = [
  {
    name: "forget-a-number",
    fault: "A namespace that is restored from a snapshot counts from 1 again.",
    edits: [
      {
        find: "Object.assign(spaceNamed(state, namespace, share), { lastNumber, usedAt })",
        replace: "Object.assign(spaceNamed(state, namespace, share), { usedAt })",
      },
    ],
  },
  {
    name: "reuse-a-token",
    fault: "The last fencing token is not restored from a snapshot.",
    edits: [
      {
        find: "Object.assign(state, counters satisfies Counters);",
        replace: "Object.assign(state, { ...counters, lastToken: state.lastToken });",
      },
    ],
  },
  {
    name: "write-a-snapshot-without-api-tokens",
    fault: "A snapshot lacks the API tokens.",
    edits: [
      {
        find: `for (const token of apiTokens.values()) yield { type: "api_token", ...token };`,
        replace: "",
      },
    ],
  },
  {
    name: "replay-entries-twice",
    fault: "A replay begins too early and applies the last two entries of the snapshot once more.",
    edits: [
      {
        find: "log.read((state.index + 1) as LogIndex, abort.signal)",
        replace: "log.read(Math.max(1, state.index - 1) as LogIndex, abort.signal)",
      },
    ],
  },
  {
    name: "write-a-snapshot-one-entry-too-old",
    fault: "A snapshot lacks the last entry that its name promises.",
    edits: [
      {
        find: "await replay(log, state, index);",
        replace: "await replay(log, state, (index - 1) as LogIndex); state.index = index;",
      },
    ],
  },
  {
    name: "write-a-snapshot-before-its-log",
    fault: "A snapshot may hold entries that the log can still lose.",
    edits: [
      { find: "encodeSnapshot(snapshot), { beforeRename }", replace: "encodeSnapshot(snapshot)" },
    ],
  },
  {
    name: "write-a-snapshot-without-a-sync",
    fault: "A snapshot gets its name before its bytes are on the disk.",
    edits: [{ find: "await disk.turn(); } await file.sync();", replace: "await disk.turn(); }" }],
  },
];
