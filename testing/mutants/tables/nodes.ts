import type { Mutant } from "../mutant.ts";

/** What changes for a server when other nodes append to its log, too. */
export const nodeMutants: readonly Mutant[] = [
  {
    name: "count-deadlines-by-a-slow-clock",
    fault: "A node's time does not follow the entries of a node whose clock is ahead.",
    edits: [
      {
        find: "if (at <= now()) return false; offset = at - nowMs(); return true;",
        replace: "return at > now();",
      },
    ],
  },
  {
    name: "keep-an-alarm-of-an-earlier-time",
    fault: "When a node's time jumps to that of another, its alarm rings late by the jump.",
    edits: [
      {
        find: "if (timekeeper.follow(state.at)) disarm();",
        replace: "timekeeper.follow(state.at);",
      },
    ],
  },
  {
    name: "give-time-back-on-a-shared-log",
    fault: "After a stop a node counts on from before, although time went on at the others.",
    edits: [
      {
        find: "world.isLogShared ? createSharedTimekeeper : createTimekeeper",
        replace: "createTimekeeper",
      },
    ],
  },
  {
    name: "take-any-start-for-its-own",
    fault: "A node begins with the start of whichever node comes first.",
    edits: [
      {
        find: "if (beginning?.start.run !== run || beginning.start.node !== node) return;",
        replace: "if (beginning === undefined) return;",
      },
    ],
  },
  {
    name: "give-out-the-ids-of-another-run",
    fault: "All runs of all nodes give out the same request ids.",
    edits: [
      { find: "const run = (begunAt + advancedBy).toString(36);", replace: 'const run = "";' },
    ],
  },
  {
    name: "give-up-a-start-that-a-trim-overtakes",
    fault: "A start fails when another node trims the log behind the snapshot that it reads.",
    edits: [
      {
        find: "if (!(error instanceof RangeError) || snapshotIndex === overtaken) throw error;",
        replace: "if (error) throw error;",
      },
    ],
  },
];
