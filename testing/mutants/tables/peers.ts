import type { Mutant } from "../mutant.ts";

/** What the server does for every peer, whatever carries its bytes: its turn, its jobs, its identity, its address. */
export const peerMutants: readonly Mutant[] = [
  {
    name: "forget-what-a-peer-says-during-a-job",
    fault: "Messages that arrive while a job runs are dropped.",
    edits: [
      {
        find: "if (isHeldBack(peer)) peer.unheard.push(said);",
        replace: "if (isHeldBack(peer)) return;",
      },
    ],
  },
  {
    name: "answer-another-request-of-the-session",
    fault: "Of several requests in one session, any gets the outcome.",
    edits: [
      {
        find: "deliver: (effect) => deliver(effect, borrowers.get(effect.request)),",
        replace: "deliver: (effect) => deliver(effect, [...borrowers.values()][0]),",
      },
    ],
  },
  {
    name: "let-a-peer-leave-twice",
    fault: "A peer that has ended its side does so again after each job.",
    edits: [{ find: "peer.leaving = undefined;", replace: "" }],
  },
  {
    name: "detach-at-a-stop",
    fault: "A stop detaches sessions, so that their locks do not wait for their clients.",
    edits: [
      { find: "host.isStopping ? commands.filter(isOwedAtStop) : commands", replace: "commands" },
    ],
  },
  {
    name: "judge-every-guess-at-once",
    fault: "Wrong guesses are counted and slow nobody down.",
    edits: [
      {
        find: "!lines.has(network) && guesses.waitMs(network) === 0",
        replace: "!lines.has(network)",
      },
    ],
  },
  {
    name: "believe-any-proxy",
    fault: "Any address may send a header of the PROXY protocol.",
    edits: [
      {
        find: "if (isAmong(trusted, socket)) {",
        replace: "if (isAmong(trusted, socket) || trusted) {",
      },
    ],
  },
  {
    name: "report-no-delivery",
    fault: "The answer to a publication counts no deliveries.",
    edits: [
      {
        find: "if (receiver.hear(effect)) tally.delivered += 1;",
        replace: "if (receiver.hear(effect)) tally.delivered += 0;",
      },
    ],
  },
];
