import type { Mutant } from "../mutant.ts";

/** What pipes hold, who may read it, and what readers learn of losses. */
export const pipeMutants: readonly Mutant[] = [
  {
    name: "let-a-pipe-take-one-more",
    fault: "A pipe takes one message more than it holds.",
    edits: [
      {
        find: "pipe.messageCount < pipe.capacity &&",
        replace: "pipe.messageCount <= pipe.capacity &&",
      },
    ],
  },
  {
    name: "hide-the-losses-of-a-pipe",
    fault: "A reader does not learn of messages that its pipe has dropped.",
    edits: [{ find: "pipe.drops += 1;", replace: "" }],
  },
  {
    name: "tell-the-losses-of-a-pipe-twice",
    fault: "A reader learns with each read of all messages that its pipe has ever dropped.",
    edits: [{ find: "pipe.drops = 0;", replace: "" }],
  },
  {
    name: "number-no-lost-message",
    fault: "The messages of a pipe have numbers without gaps, whatever it has dropped.",
    edits: [
      {
        find: "if (isFull && !hasRoom(pipes, pipe, bytes)) {",
        replace: "if (isFull && !hasRoom(pipes, pipe, bytes)) { pipe.lastNumber -= 1;",
      },
    ],
  },
  {
    name: "let-anybody-read-a-pipe",
    fault: "Whoever knows the id of a pipe can read it and close it.",
    edits: [
      {
        find: "return pipe?.owner === session ? pipe : undefined;",
        replace: "return pipe;",
      },
    ],
  },
  {
    name: "leave-reads-of-closed-pipes-waiting",
    fault: "A read that waits has no answer when its pipe is closed.",
    edits: [
      {
        find: "for (const read of itemsIn(pipe.reads)) answers.push(finish(pipes, read));",
        replace: "",
      },
    ],
  },
  {
    name: "keep-the-pipes-of-who-has-gone",
    fault: "A pipe outlives its connection.",
    edits: [
      {
        find: "for (const pipe of pipes.ofSession.get(session)?.pipes ?? []) end(pipes, pipe);",
        replace: "",
      },
    ],
  },
  {
    name: "keep-the-bytes-of-a-closed-pipe",
    fault: "The messages of a pipe that was closed still count.",
    edits: [{ find: "charge(pipes, pipe, -pipe.bytes);", replace: "" }],
  },
  {
    name: "wait-longer-than-a-read-wants",
    fault: "A read of an empty pipe goes on after its time.",
    edits: [
      {
        find: "first.at <= at; first = deadlines[0]) {\n    answers.push(finish(pipes",
        replace: "first.at + 1000 <= at; first = deadlines[0]) {\n    answers.push(finish(pipes",
      },
    ],
  },
  {
    name: "leave-messages-to-the-next-read",
    fault: "A read that waits gets only one of the messages that come together.",
    edits: [
      {
        find: "const messages = take(pipes, pipe, max);",
        replace: "const messages = take(pipes, pipe, 1);",
      },
    ],
  },
];
