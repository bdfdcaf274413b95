import type { Mutant } from "../mutant.ts";

/** Who gets a task, how often, and what becomes of it. */
export const taskMutants: readonly Mutant[] = [
  {
    name: "give-away-tasks-of-low-priority-first",
    fault: "A pull gets the task with the lowest priority.",
    edits: [
      { find: "addToHeap(node.waiting, -priority,", replace: "addToHeap(node.waiting, priority," },
    ],
  },
  {
    name: "give-away-younger-tasks-first",
    fault: "Of tasks of the same priority a pull gets the youngest.",
    edits: [
      {
        find: "addToHeap(node.waiting, -priority, 0, acceptedIndex, task)",
        replace: "addToHeap(node.waiting, -priority, 0, -acceptedIndex, task)",
      },
    ],
  },
  {
    name: "let-the-last-pull-have-the-task",
    fault: "A task goes to the pull that came last.",
    edits: [{ find: "const pull = node.pulls.first;", replace: "const pull = node.pulls.last;" }],
  },
  {
    name: "leave-a-pull-waiting-beside-a-task",
    fault: "A task that is given back goes to no pull that waits.",
    edits: [{ find: "wait(task);\n    serve(turn, task.node);", replace: "wait(task);" }],
  },
  {
    name: "lose-a-task-one-attempt-early",
    fault: "A task ends before its last attempt.",
    edits: [{ find: "if (task.attempts > 0) {", replace: "if (task.attempts > 1) {" }],
  },
  {
    name: "let-a-task-be-tried-for-ever",
    fault: "An attempt that fails does not count.",
    edits: [{ find: "if (isCounted) task.attempts -= 1;", replace: "" }],
  },
  {
    name: "count-attempts-that-nobody-heard-of",
    fault: "A task loses an attempt when its worker was gone before it could be told of the task.",
    edits: [
      {
        find: "giveBack(turn, attempt.task, false)",
        replace: "giveBack(turn, attempt.task, true)",
      },
    ],
  },
  {
    name: "accept-results-of-earlier-attempts",
    fault: "The token of an attempt does not matter.",
    edits: [
      {
        find: "return isAtIt && isThisAttempt ? task : notAtIt;",
        replace: "return isAtIt || !isThisAttempt ? task : notAtIt;",
      },
    ],
  },
  {
    name: "accept-results-of-strangers",
    fault: "Anybody may settle a task that somebody works at.",
    edits: [
      {
        find: "const isAtIt = isForced || attempt?.worker.id === session;",
        replace: "const isAtIt = isForced || (attempt !== undefined && session.length > 0);",
      },
    ],
  },
  {
    name: "keep-pulls-of-lost-connections",
    fault: "A pull gets tasks that nobody hears of, while its session is kept for its grace.",
    edits: [
      {
        find: "endPulls(turn, [session]);\n  if (unanswered",
        replace: "if (unanswered",
      },
    ],
  },
  {
    name: "keep-what-nobody-waits-for",
    fault: "A task stays when its pusher is gone.",
    edits: [
      {
        find: 'for (const task of ownedBy(party, "pushes")) {',
        replace: 'for (const task of ownedBy(party, "pushes").slice(1)) {',
      },
    ],
  },
  {
    name: "hide-from-a-worker-that-its-task-is-lost",
    fault: "A worker does not hear when its task was cancelled, or its time is over.",
    edits: [
      {
        find: 'notify(turn, worker.id, attempt, { type: "task_lost", task: task.name, token, reason });',
        replace: "",
      },
    ],
  },
  {
    name: "forget-who-works-at-a-task",
    fault: "After a start a task that somebody works at waits again, and is done twice.",
    edits: [
      {
        find: "if (attempt === undefined) wait(task);\n    else beginAttempt(",
        replace: "if (attempt?.token !== 0) wait(task);\n    else beginAttempt(",
      },
    ],
  },
  {
    name: "forget-who-waits-for-a-task",
    fault: "After a start a task is detached, and its pusher hears nothing.",
    edits: [
      {
        find: "...(pusher && { pusher: pusher.id }),",
        replace: "...(pusher && node.pullCount > 99 && { pusher: pusher.id }),",
      },
    ],
  },
];
