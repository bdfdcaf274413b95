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
    edits: [{ find: "return commandTraits[type].givesBack;", replace: `return type === "tick";` }],
  },
  {
    name: "wait-with-what-gives-back",
    fault: "On a full disk, commands that give something back wait for the next turn.",
    edits: [
      {
        find: "if (back.length > 0) append(back, toldBack);",
        replace:
          "for (const [place, command] of back.entries()) propose([command], toldBack[place]);",
      },
    ],
  },
  {
    name: "lose-what-nobody-waits-for",
    fault: "A full disk refuses the end of a connection, and the server never proposes it again.",
    edits: [
      {
        find: `else if (command.type !== "tick") proposeAfter(error.retryAfterMs, command);`,
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
    edits: [{ find: "timekeeper.hold();", replace: "" }],
  },
  {
    name: "expire-when-a-tick-fits",
    fault: "Leases run out on a full disk that has room for a tick but for no renewal.",
    edits: [{ find: "if (log.status().isFull) { lookAgain", replace: "if (false) { lookAgain" }],
  },
];
