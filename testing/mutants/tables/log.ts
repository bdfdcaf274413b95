import type { Mutant } from "../mutant.ts";

/** What is durable when a client hears of it, and what a start believes of the files. */
export const logMutants: readonly Mutant[] = [
  {
    name: "answer-before-the-commit",
    fault: "Clients get their answers while the sync is still under way.",
    edits: [
      {
        find: "await isDurable; tellLast = () => tell(batch, entries);",
        replace: "tell(batch, entries); await isDurable;",
      },
    ],
  },
  {
    name: "skip-the-sync",
    fault: "A commit does not wait for the disk.",
    edits: [{ find: "await file.sync(); done();", replace: "await undefined; done();" }],
  },
  {
    name: "go-on-after-a-failed-sync",
    fault: "The log tries a failed sync again and believes the second one.",
    edits: [
      {
        find: "await file.sync(); done();",
        replace: "await file.sync().catch(() => file.sync()); done();",
      },
    ],
  },
  {
    name: "forget-the-folder-of-a-segment",
    fault: "The name of a new segment is not synced.",
    edits: [
      {
        find: `await disk.syncFolder(folder); tail.shrink("nothing");`,
        replace: `tail.shrink("nothing");`,
      },
    ],
  },
  {
    name: "go-on-in-the-old-segment",
    fault:
      "When the sync of a new segment's name fails, the log leaves the segment and goes on in the old one.",
    edits: [
      {
        find: `await disk.syncFolder(folder); tail.shrink("nothing");`,
        replace: `
          const isDurable = await disk.syncFolder(folder).then(() => true, fullness.begin);
          if (isDurable !== true) return;
          tail.shrink("nothing");`,
      },
    ],
  },
  {
    name: "trim-one-entry-too-many",
    fault: "A trim removes segments that the kept snapshots do not cover.",
    edits: [{ find: "Math.min(older.index + 1,", replace: "Math.min(newer.index + 1 + 64," }],
  },
  {
    name: "forget-a-segment-that-is-still-there",
    fault: "The log takes a segment that it could not remove for removed.",
    edits: [
      {
        find: "await disk.remove(gone.path); closed.shift();",
        replace: "closed.shift(); await disk.remove(gone.path);",
      },
    ],
  },
  {
    name: "close-before-the-last-sync",
    fault: "A relaxed log that is closed vouches for less than it has written.",
    edits: [{ find: "await settle(); if (!isSealed) seal();", replace: "if (!isSealed) seal();" }],
  },
  {
    name: "believe-every-record",
    fault: "A record counts as valid whatever its checksum says.",
    edits: [{ find: "|| recordChecksum(record) !== record.readUInt32LE(0)", replace: "" }],
  },
  {
    name: "cut-without-a-witness",
    fault: "A flaw counts as a torn tail whenever no valid record follows at once.",
    edits: [
      {
        find: "distance === undefined || !isVouchedFor(rest, offset)",
        replace: "distance === undefined || distance > 0",
      },
    ],
  },
  {
    name: "leave-the-torn-tail",
    fault: "A start does not cut off what a crash left of the last record.",
    edits: [{ find: "if (tail !== undefined) file.truncate(end);", replace: "" }],
  },
  {
    name: "trust-what-a-start-has-read",
    fault: "A start acts on entries without writing them to the disk once more.",
    edits: [{ find: "file.write(part, from);", replace: "" }],
  },
  {
    name: "forget-the-folder-at-a-start",
    fault: "A start does not sync the names that a crash left unsynced.",
    edits: [
      {
        find: "await disk.syncFolder(folder); } catch (error) { last?.segment.file.close();",
        replace: "} catch (error) { last?.segment.file.close();",
      },
    ],
  },
  {
    name: "start-without-the-log",
    fault: "When the snapshots are damaged, a start takes what is left of the log for all of it.",
    edits: [
      {
        find: "checkReached(folder, snapshotsAmong(names).at(-1), last)",
        replace: "checkReached(folder, snapshot && snapshotsAmong(names).at(-1), last)",
      },
    ],
  },
];
