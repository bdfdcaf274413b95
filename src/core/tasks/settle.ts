/** How tasks end before their time, and how they go back. */
import { belongingOf } from "../belongings.ts";
import { isRejection, type Rejection, rejected } from "../rejection.ts";
import { reply, type State, type Turn } from "../state.ts";
import { lookUp } from "../table.ts";
import type { Attempted, CancelTarget, CancelTask, FinishTask, RejectTask } from "./commands.ts";
import { endPull, endTask, giveBack, noticeTask, takeAway } from "./requests.ts";
import type { Pull, Task, TaskParty } from "./state.ts";

/** Ends the task, and tells its pusher what came of it. */
export function finish(turn: Turn, command: FinishTask): void {
  const task = settled(turn, command);
  if (task === undefined) return;
  const { result } = command;
  endTask(turn, task, { type: "finished", result }, { type: "task_done", result });
}

/** Gives the task back, for another attempt. */
export function reject(turn: Turn, command: RejectTask): void {
  const task = settled(turn, command);
  if (task === undefined) return;
  noticeTask(turn, task, { type: "rejected" });
  giveBack(turn, task, true);
}

/** Answers the command. Returns the task that it names, unless the session may not settle it. */
function settled(turn: Turn, command: FinishTask | RejectTask): Task | undefined {
  const task = taskToSettle(turn.state, command);
  if (isRejection(task)) {
    reply(turn, command, task);
    return undefined;
  }
  reply(turn, command, { type: "task_settled" });
  if (task.attempt?.worker.id !== command.session) takeAway(turn, task, "settled_by_other");
  return task;
}

/** The task that the command names, if the session may settle it. */
export function taskToSettle(
  { tasks }: State,
  { session, task: name, token, isForced }: Attempted,
): Task | Rejection {
  const task = lookUp(tasks.byId, name);
  if (task === undefined) return noSuchTask;
  const { attempt } = task;
  const isAtIt = isForced || attempt?.worker.id === session;
  const isThisAttempt = token === undefined || token === attempt?.token;
  return isAtIt && isThisAttempt ? task : notAtIt;
}

/** Ends what the command names, and tells everybody concerned. */
export function cancel(turn: Turn, party: TaskParty | undefined, command: CancelTask): void {
  const targets = cancelTargets(turn.state, party, command);
  if (isRejection(targets)) {
    reply(turn, command, targets);
    return;
  }
  reply(turn, command, { type: "tasks_cancelled" });
  for (const pull of targets.pulls) endPull(turn, pull, cancelled);
  for (const task of targets.tasks) {
    takeAway(turn, task, "cancelled");
    endTask(turn, task, { type: "cancelled" }, cancelled);
  }
}

interface CancelTargets {
  readonly tasks: readonly Task[];
  readonly pulls: readonly Pull[];
}

/** What the command would end: something, or else a rejection. */
export function cancelTargets(
  state: State,
  party: TaskParty | undefined,
  { session, target }: CancelTask,
): CancelTargets | Rejection {
  const targets =
    target.type === "task" ? taskTarget(state, session, target) : ownTargets(party, target);
  return targets.tasks.length + targets.pulls.length > 0 ? targets : noSuchTask;
}

function taskTarget(
  { tasks }: State,
  session: CancelTask["session"],
  { task: name, isForced }: Extract<CancelTarget, { type: "task" }>,
): CancelTargets {
  const task = lookUp(tasks.byId, name);
  const may = task !== undefined && (isForced || task.pusher?.id === session);
  return { tasks: may ? [task] : [], pulls: [] };
}

function ownTargets(
  party: TaskParty | undefined,
  { requests }: Extract<CancelTarget, { type: "requests" }>,
): CancelTargets {
  const own = party?.tasks;
  if (own === undefined) return { tasks: [], pulls: [] };
  const unique = [...new Set(requests)];
  return {
    tasks: unique.flatMap((request) => belongingOf(own.pushes, request) ?? []),
    pulls: unique.flatMap((request) => belongingOf(own.pulls, request) ?? []),
  };
}

/** The time of the task is over. */
export function expireTask(turn: Turn, task: Task): void {
  takeAway(turn, task, "timeout");
  endTask(
    turn,
    task,
    { type: "timed_out" },
    rejected("wait_timeout", "the time of the task is over"),
  );
}

/** The time of the pull is over. */
export function expirePull(turn: Turn, pull: Pull): void {
  endPull(turn, pull, rejected("wait_timeout", "no task came in time"));
}

const noSuchTask = rejected("not_found", "there is no such task");
const notAtIt = rejected("not_holder", "the session is not at this task");
const cancelled = rejected("cancelled", "cancelled");
