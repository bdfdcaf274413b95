import type { Mutant } from "../mutant.ts";

/** What happens to the calls, locks, subscriptions and rights of a client, above all when it is gone. */
export const connectionMutants: readonly Mutant[] = [
  {
    name: "forget-the-end-of-a-connection",
    fault: "The server proposes nothing when a connection ends.",
    edits: [
      {
        find: "const commands = connection.end(); if (!isStopping) replica.propose(commands); } function",
        replace:
          "const commands = connection.end(); if (isStopping) replica.propose(commands); } function",
      },
    ],
  },
  {
    name: "forget-the-end-of-calls",
    fault: "The server proposes nothing when a connection with gRPC calls ends.",
    edits: [
      {
        find: "calls.clear(); if (session !== undefined) bus.detach(session); const commands = connection.end(); if (!isStopping)",
        replace:
          "calls.clear(); if (session !== undefined) bus.detach(session); const commands = connection.end(); if (isStopping)",
      },
    ],
  },
  {
    name: "give-a-dead-mutex-a-grace",
    fault: "A mutex outlives its connection by five seconds.",
    edits: [
      {
        find: `api: "softvisio", life`,
        replace: `api: "softvisio", life: { ...life, graceMs: 5_000 }`,
      },
    ],
  },
  {
    name: "keep-the-subscriptions-of-the-gone",
    fault: "A connection that is gone stays subscribed.",
    edits: [{ find: `applyTopic(topics, { type: "leave", session: receiver });`, replace: "" }],
  },
  {
    name: "keep-cancelled-calls-in-line",
    fault: "A cancelled gRPC call stays in line, and its grant reaches no client.",
    edits: [
      {
        find: "replica.propose(connection.cancel(call))",
        replace: "connection.cancel(call)",
      },
    ],
  },
  {
    name: "take-an-abort-for-an-answer",
    fault: "The server forgets an aborted call, which stays in line.",
    edits: [
      {
        find: `return ask(withdrawalOf(request, nextRequest()), { type: "withdrawal", of: request });`,
        replace: "return silence;",
      },
    ],
  },
  {
    name: "keep-what-an-aborted-call-was-granted",
    fault: "A client that aborts a call which was just granted keeps a lock without knowing it.",
    edits: [
      {
        find: "asked === undefined ? silence : withdraw(asked)",
        replace:
          "asked === undefined || !locks.waiting().includes(asked) ? silence : withdraw(asked)",
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
      { find: "[...untold, ...step.topics]", replace: "[...untold, ...step.topics.slice(0, 1)]" },
    ],
  },
  {
    name: "revoke-no-api-token",
    fault: "A revoked API token goes on working.",
    edits: [
      {
        find: "turn.state.apiTokens.delete(command.token)",
        replace: "turn.state.apiTokens.has(command.token)",
      },
    ],
  },
  {
    name: "let-in-who-was-let-in-before",
    fault: "A client that is connected goes on with a token that was revoked.",
    edits: [
      {
        find: "if (strangerFault() === undefined) return silence;",
        replace: `if (strangerFault() !== "access_denied") return silence;`,
      },
    ],
  },
];
