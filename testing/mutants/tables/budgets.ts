import type { Mutant } from "../mutant.ts";

/** How much there may be in the state, and of one address. */
export const budgetMutants: readonly Mutant[] = [
  {
    name: "let-requests-pass-the-budget",
    fault: "A lock request is entered though the state has no room for it.",
    edits: [
      {
        find: "budgetFault(turn, owner.share, bytes + namespaceBytes(command.namespace))",
        replace: "undefined",
      },
    ],
  },
  {
    name: "never-count-a-request-out",
    fault: "The cost of a lock request stays in the state when the request has ended.",
    edits: [{ find: "discharge(holdings, lock.share, lock.bytes);", replace: "" }],
  },
  {
    name: "charge-nobody-for-an-estate",
    fault: "A restart forgets which address pays for a lock that outlived its session.",
    edits: [
      {
        find: "? shareOf(holdings, name.address) : owner.share",
        replace: "? undefined : owner.share",
      },
    ],
  },
  {
    name: "displace-holders",
    fault: "A new session ends an idle one that holds a lock.",
    edits: [{ find: "if (vacancies.length > 0) occupy(vacancies);", replace: "" }],
  },
  {
    name: "take-room-from-other-addresses",
    fault: "An address that has all sessions of its share ends those of others.",
    edits: [
      {
        find: 'return { fault: rejected("limit_exceeded", reason), heap: own };',
        replace: 'return { fault: rejected("limit_exceeded", reason), heap: sessions.vacant };',
      },
    ],
  },
];
