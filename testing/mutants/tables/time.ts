import type { Mutant } from "../mutant.ts";

/** When a lease ends, and which time counts. */
export const timeMutants: readonly Mutant[] = [
  {
    name: "expire-early",
    fault: "A lease ends 100 ms before its time.",
    edits: [
      {
        find: "endOverdue(turn, turn.at)",
        replace: "endOverdue(turn, (turn.at + 100) as typeof turn.at)",
      },
      {
        find: "Math.max(1, next - timekeeper.now())",
        replace: "Math.max(1, next - 100 - timekeeper.now())",
      },
      {
        find: "if (isTickDue(state, timekeeper.now())) propose",
        replace:
          "if (isTickDue(state, (timekeeper.now() + 100) as ReturnType<typeof timekeeper.now>)) propose",
      },
    ],
  },
  {
    name: "expire-late",
    fault: "The server sets its alarm for the next deadline only once.",
    edits: [
      {
        find: "alarmAt = Number.POSITIVE_INFINITY; if (isTickDue",
        replace: "if (isTickDue",
      },
    ],
  },
  {
    name: "renew-without-effect",
    fault: "A renewed lease ends when it would have ended without the renewal.",
    edits: [
      {
        find: "lock.leaseMs = leaseMs; setDeadline(turn.state.locks, lock, leaseUntil);",
        replace: "lock.leaseMs = leaseMs;",
      },
    ],
  },
  {
    name: "give-no-grace-after-a-restart",
    fault: "Leases go on running while the server is down.",
    edits: [
      {
        find: "protectLeases(turn, [...own, estateOf(locks, node)], restartGraceMs);",
        replace: "",
      },
    ],
  },
  {
    name: "believe-the-wall-clock",
    fault: "The log's time follows each jump of the wall clock.",
    edits: [
      {
        find: "Math.floor(offset + looking - givenBackMs - lagMs)",
        replace: "Math.floor(wallNowMs())",
      },
    ],
  },
  {
    name: "stand-still-with-the-wall-clock",
    fault:
      "After a start with the wall clock behind the log, time stands still until the clock has caught up.",
    edits: [{ find: "Math.max(at, now(), wallNowMs())", replace: "Math.max(now(), wallNowMs())" }],
  },
  {
    name: "count-the-time-of-a-stop",
    fault: "Leases run out while the process is stopped.",
    edits: [{ find: "if (wasStopped) givenBackMs += missedMs;", replace: "" }],
  },
  {
    name: "take-busy-for-stopped",
    fault: "A client that keeps the server busy holds up the end of every lease.",
    edits: [{ find: "Math.max(0, sinceMs - busyMs)", replace: "sinceMs" }],
  },
  {
    name: "end-what-waits-unread",
    fault: "A renewal that arrives in time, while the server is busy, comes too late.",
    edits: [{ find: "wasBusy ? Math.min(countedMs, busyMs, lagMsMax) : 0", replace: "0" }],
  },
  {
    name: "lease-in-a-time-that-lags",
    fault: "A lease that begins right after a busy time ends early.",
    edits: [
      { find: "timekeeper.lagMs > 0 ? proposed.map(withoutLag) : proposed", replace: "proposed" },
    ],
  },
  {
    name: "count-the-time-of-a-stall",
    fault: "Leases run out while the disk stalls.",
    edits: [{ find: "timekeeper.giveBack(givenBackMs);", replace: "" }],
  },
  {
    name: "count-the-time-of-a-slow-name",
    fault:
      "Leases run out while the disk takes long to rename or remove a file or to sync a folder.",
    edits: [
      { find: "timed(() => disk.rename(from, to))", replace: "disk.rename(from, to)" },
      { find: "timed(() => disk.remove(path))", replace: "disk.remove(path)" },
      { find: "timed(() => disk.syncFolder(folder))", replace: "disk.syncFolder(folder)" },
    ],
  },
];
