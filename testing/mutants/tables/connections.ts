import type { Mutant } from "../mutant.ts";

/** What happens to the calls, locks, subscriptions and rights of a client, above all when it is gone. */
export const connectionMutants: readonly Mutant[] = [
  {
    name: "forget-the-end-of-a-connection",
    fault: "The server proposes nothing when a connection ends.",
    edits: [
      {
        find: "host.replica.propose(host.isStopping ? commands.filter(isOwedAtStop) : commands);",
        replace: "if (host.isStopping) host.replica.propose(commands.filter(isOwedAtStop));",
      },
    ],
  },
  {
    name: "forget-the-end-of-calls",
    fault: "The server proposes nothing when a connection with gRPC calls ends.",
    edits: [
      {
        find: "calls.clear(); seat.closed();",
        replace: "calls.clear();",
      },
    ],
  },
  {
    name: "give-a-dead-mutex-a-grace",
    fault: "A mutex outlives its connection by five seconds.",
    edits: [
      {
        find: "origin: withPrincipal(origin, principalOf(talk)), graceMs: 0",
        replace: "origin: withPrincipal(origin, principalOf(talk)), graceMs: 5_000",
      },
    ],
  },
  {
    name: "keep-the-subscriptions-of-the-gone",
    fault: "A connection that is gone stays subscribed.",
    edits: [
      {
        find: "unsubscribeFromAll(subscriptions, session); endPipesOf(",
        replace: "endPipesOf(",
      },
    ],
  },
  {
    name: "keep-cancelled-calls-in-line",
    fault: "A cancelled gRPC call stays in line, and its grant reaches no client.",
    edits: [
      {
        find: "{ ...silence, owed: withdrawals(talk, [asked]) }",
        replace: "silence",
      },
    ],
  },
  {
    name: "take-an-abort-for-an-answer",
    fault: "The server forgets an aborted call, which stays in line.",
    edits: [
      {
        find: `return ask(talk, command, { type: "withdrawal", of: request });`,
        replace: "return silence;",
      },
    ],
  },
  {
    name: "keep-what-an-aborted-call-was-granted",
    fault: "A client that aborts a call which was just granted keeps a lock without knowing it.",
    edits: [
      {
        find: "asked === undefined ? silence : mutexes.withdraw(talk, asked)",
        replace:
          "asked === undefined || !talk.locks.waiting().includes(asked) ? silence : mutexes.withdraw(talk, asked)",
      },
    ],
  },
  {
    name: "say-acquired-to-a-waiter",
    fault: "A Locktopus client in line reads that it has the lock.",
    edits: [{ find: `"state":"enqueued"`, replace: `"state":"acquired"` }],
  },
  {
    name: "call-an-event-by-the-first-name",
    fault: "All subscribers get an event under the name of the first one.",
    edits: [
      {
        find: "if (last?.event !== event) last =",
        replace: "if (last?.event.payload !== event.payload || last === undefined) last =",
      },
    ],
  },
  {
    name: "hear-its-own-events",
    fault: "The publisher of an event gets it, too.",
    edits: [
      {
        find: `{ type: "publish", event, except: session }`,
        replace: `{ type: "publish", event }`,
      },
    ],
  },
  {
    name: "lose-the-second-event",
    fault: "Of several events in one call, subscribers get only the first.",
    edits: [
      { find: "[...peer.topics, ...topics]", replace: "[...peer.topics, ...topics.slice(0, 1)]" },
    ],
  },
  {
    name: "revoke-no-api-token",
    fault: "A revoked API token goes on working.",
    edits: [
      {
        find: "apiTokens.delete(token); discharge(holdings, undefined, bytesOf(revoked));",
        replace: "",
      },
    ],
  },
  {
    name: "let-in-who-was-let-in-before",
    fault: "A client that is connected goes on with a token that was revoked.",
    edits: [
      {
        find: `return { ...close("the token was revoked"), output: [sessionDeletedText] };`,
        replace: "return silence;",
      },
    ],
  },
];
