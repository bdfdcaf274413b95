import type { Mutant } from "../mutant.ts";

/** What still works while the disk is full or read-only, and what must not get lost. */
export const fullDiskMutants: readonly Mutant[] = [
  {
    name: "acknowledge-what-was-refused",
    fault: "A full disk refuses a command, and the server acknowledges it all the same.",
    edits: [{ find: "append.reject(unavailable(error));", replace: "append.resolve();" }],
  },
  {
    name: "refuse-releases-on-a-full-disk",
    fault: "Locks cannot be given back while the disk is full.",
    edits: [
      {
        find: "return commandTraits[type].reserveShare > 0;",
        replace: `return type === "tick";`,
      },
    ],
  },
  {
    name: "store-what-changes-nothing",
    fault: "Releases of nothing use up the reserve of a full disk.",
    edits: [{ find: `return need.type === "needed";`, replace: "return true;" }],
  },
  {
    name: "lend-all-of-the-reserve",
    fault: "Renewals use up the reserve of a full disk, and nothing can be released.",
    edits: [{ find: "prolonging: 0.5,", replace: "prolonging: 1," }],
  },
  {
    name: "renew-without-end-on-a-full-disk",
    fault: "A holder that renews in a loop uses up what a full disk has left for renewals.",
    edits: [{ find: "if (renewedAtMs.has(subject)) return true;", replace: "" }],
  },
  {
    name: "tick-before-the-start",
    fault: "On a full disk, a start ends the leases that ran out while the server was down.",
    edits: [{ find: `!isHolding && command.type !== "start" &&`, replace: "!isHolding &&" }],
  },
  {
    name: "lose-what-nobody-waits-for",
    fault: "A full disk refuses the end of a connection, and the server never proposes it again.",
    edits: [
      {
        find: `else if (command.type !== "tick") submitAfter(submission, error.retryAfterMs, command);`,
        replace: "",
      },
    ],
  },
  {
    name: "forget-an-abort-that-was-refused",
    fault: "An aborted call gives back what it was granted only if the log takes that at once.",
    edits: [
      {
        find: "return { ...silence, owed: [withdrawalOf(talk, about.of, request)] };",
        replace: "return silence;",
      },
    ],
  },
  {
    name: "leave-a-full-disk-by-a-restart-only",
    fault: "Once the disk was full, the server never tries it again.",
    edits: [
      {
        find: "isRetryDue: () => full !== undefined && nowMs() >= full.retryAt",
        replace: "isRetryDue: () => false",
      },
    ],
  },
  {
    name: "give-the-reserve-back",
    fault: "A log that is closed keeps no reserve for a start on a full disk.",
    edits: [{ find: `tail.shrink("reserve")`, replace: `tail.shrink("nothing")` }],
  },
  {
    name: "expire-what-nobody-could-renew",
    fault: "Leases run out while the log takes no command at all.",
    edits: [{ find: "submission.timekeeper.hold();", replace: "" }],
  },
  {
    name: "expire-when-a-tick-fits",
    fault: "Leases run out on a full disk that has room for a tick but for no renewal.",
    edits: [
      {
        find: "if (log.status().isFull) { if (submission.isHolding)",
        replace: "if (false) { if (submission.isHolding)",
      },
    ],
  },
];
