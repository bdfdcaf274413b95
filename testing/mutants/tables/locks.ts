import type { Mutant } from "../mutant.ts";

/** Who gets a lock, in which order, and what its holders and waiters hear of it. */
export const lockMutants: readonly Mutant[] = [
  {
    name: "overtake-the-line",
    fault: "A newcomer waits for the holders of a lock only and overtakes those who wait already.",
    edits: [
      {
        find: "first !== undefined && first.number < number",
        replace: "first !== undefined && !first.isBlocked && first.number < number",
      },
    ],
  },
  {
    name: "give-one-place-too-many",
    fault: "A semaphore lets in one holder more than it has places.",
    edits: [
      {
        find: "lane.freeCount >= (node.slot?.size ?? 0)",
        replace: "lane.freeCount > (node.slot?.size ?? 0)",
      },
    ],
  },
  {
    name: "forget-a-waiter",
    fault: "When a holder leaves, those who wait behind it stay in line.",
    edits: [
      {
        find: "for (const other of blockedBy[kind] as readonly VisitKind[]) advance(node, other, freed);",
        replace: "",
      },
    ],
  },
  {
    name: "grant-out-of-order",
    fault: "Of several requests that become free at once, the youngest is granted first.",
    edits: [
      {
        find: "freed.sort((a, b) => a.acceptedIndex - b.acceptedIndex)",
        replace: "freed.sort((a, b) => b.acceptedIndex - a.acceptedIndex)",
      },
    ],
  },
  {
    name: "keep-the-waiters-of-the-dead",
    fault: "A waiter stays in line although its connection is gone.",
    edits: [{ find: "endWaiting(turn, [session]);", replace: "" }],
  },
  {
    name: "leave-a-claimed-lock-with-who-is-gone",
    fault: "A claimed lock still ends with the session that is gone.",
    edits: [
      {
        find: "if (!lock.owner.isAttached && lock.owner !== owner) moveTo(turn.state, owner, lock);",
        replace: "",
      },
    ],
  },
  {
    name: "tell-a-grant-before-its-unlock",
    fault:
      "A client that hands a mutex on hears of its unlock after the next holder hears of the grant.",
    edits: [
      {
        find: `
          reply(turn, command, { type: "released", number });
          if (lock.owner !== owner) notifyOwner(turn, lock, { type: "released_by_other", number });
          endTogether(turn, [lock]);`,
        replace: `
          if (lock.owner !== owner) notifyOwner(turn, lock, { type: "released_by_other", number });
          endTogether(turn, [lock]);
          reply(turn, command, { type: "released", number });`,
      },
    ],
  },
  {
    name: "tell-nobody-that-another-has-unlocked",
    fault: "A holder does not hear that another client has unlocked its lock.",
    edits: [
      {
        find: `if (lock.owner !== owner) notifyOwner(turn, lock, { type: "released_by_other", number });`,
        replace: "",
      },
    ],
  },
  {
    name: "revoke-without-a-word",
    fault: "A holder does not hear that an operator has revoked its lock.",
    edits: [{ find: `notifyOwner(turn, lock, { type: "revoked", number });`, replace: "" }],
  },
];
