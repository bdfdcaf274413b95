/** What a session has of tasks: those that it has pushed, its pulls that wait, and what it works at. */
import {
  addBelonging,
  type Belongings,
  belongingOf,
  belongingsOf,
  countOf,
  createBelongings,
  removeBelonging,
} from "../belongings.ts";
import type { RequestId } from "../ids.ts";
import { occupy, vacate } from "../vacancies.ts";
import type { Attempt, OwnTasks, Pull, Task, TaskParty } from "./state.ts";

interface Owned {
  readonly pushes: Task;
  readonly pulls: Pull;
  readonly attempts: Attempt;
}

export function own<Kind extends keyof Owned>(
  party: TaskParty,
  kind: Kind,
  item: Owned[Kind],
): void {
  if (party.tasks === undefined) {
    party.tasks = createOwnTasks();
    occupy(party.vacancies);
  }
  addBelonging<Task | Pull | Attempt>(party.tasks[kind], item);
}

export function disown<Kind extends keyof Owned>(
  party: TaskParty,
  kind: Kind,
  item: Owned[Kind],
): void {
  const { tasks } = party;
  if (tasks === undefined) return;
  removeBelonging<Task | Pull | Attempt>(tasks[kind], item);
  if (ownedCount(party) > 0) return;
  party.tasks = undefined;
  vacate(party.vacancies);
}

/** A copy, in the order of acceptance. */
export function ownedBy<Kind extends keyof Owned>(
  { tasks }: TaskParty,
  kind: Kind,
): readonly Owned[Kind][] {
  const owned = tasks?.[kind] as Belongings<Owned[Kind]> | undefined;
  return owned === undefined ? [] : belongingsOf(owned);
}

export function ownsTasks({ tasks }: TaskParty): boolean {
  return tasks !== undefined;
}

/** How many of all kinds. */
export function ownedCount({ tasks }: TaskParty): number {
  if (tasks === undefined) return 0;
  return countOf(tasks.pushes) + countOf(tasks.pulls) + countOf(tasks.attempts);
}

/** Whether one of the session's things already has this request. */
export function isInUse({ tasks }: TaskParty, request: RequestId): boolean {
  if (tasks === undefined) return false;
  const { pushes, pulls, attempts } = tasks;
  const found =
    belongingOf(pushes, request) ?? belongingOf(pulls, request) ?? belongingOf(attempts, request);
  return found !== undefined;
}

function createOwnTasks(): OwnTasks {
  return {
    pushes: createBelongings(),
    pulls: createBelongings(),
    attempts: createBelongings(),
  };
}
