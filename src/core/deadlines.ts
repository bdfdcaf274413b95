import type { LogIndex, TimeMs } from "./ids.ts";

/**
 * What ends first of two deadlines in the same millisecond: who holds before who waits, so that a
 * wait which ends in the very moment the lock becomes free ends with the lock.
 */
export const deadlineRank = { session: 0, lease: 1, wait: 2 } as const;

/** A moment at which `subject` ends by itself. Owned by one `Deadlines` at a time. */
export interface Deadline<Subject> {
  at: TimeMs;
  readonly rank: number;
  /** Breaks ties: the index of the entry which the subject began with. */
  readonly order: LogIndex;
  readonly subject: Subject;
  /** The place in the heap; -1 outside. */
  position: number;
}

/** A binary heap whose items know their place: add, remove and move cost O(log n), look O(1). */
export type Deadlines<Subject> = Deadline<Subject>[];

export function addDeadline<Subject>(
  heap: Deadlines<Subject>,
  at: TimeMs,
  rank: number,
  order: LogIndex,
  subject: Subject,
): Deadline<Subject> {
  const deadline = { at, rank, order, subject, position: heap.length };
  heap.push(deadline);
  siftUp(heap, deadline);
  return deadline;
}

export function moveDeadline<Subject>(
  heap: Deadlines<Subject>,
  deadline: Deadline<Subject>,
  at: TimeMs,
): void {
  deadline.at = at;
  siftUp(heap, deadline);
  siftDown(heap, deadline);
}

/** Removing one that is not there any more does nothing. */
export function removeDeadline<Subject>(
  heap: Deadlines<Subject>,
  deadline: Deadline<Subject>,
): void {
  if (deadline.position < 0) return;
  const last = heap.pop() as Deadline<Subject>;
  if (last !== deadline) {
    put(heap, last, deadline.position);
    siftUp(heap, last);
    siftDown(heap, last);
  }
  deadline.position = -1;
}

function siftUp<Subject>(heap: Deadlines<Subject>, deadline: Deadline<Subject>): void {
  while (deadline.position > 0) {
    const place = deadline.position;
    const parent = heap[(place - 1) >> 1] as Deadline<Subject>;
    if (!isSooner(deadline, parent)) return;
    put(heap, deadline, parent.position);
    put(heap, parent, place);
  }
}

function siftDown<Subject>(heap: Deadlines<Subject>, deadline: Deadline<Subject>): void {
  for (;;) {
    const place = deadline.position;
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    if (left === undefined) return;
    const child = right !== undefined && isSooner(right, left) ? right : left;
    if (!isSooner(child, deadline)) return;
    put(heap, deadline, child.position);
    put(heap, child, place);
  }
}

function put<Subject>(heap: Deadlines<Subject>, deadline: Deadline<Subject>, place: number): void {
  heap[place] = deadline;
  deadline.position = place;
}

function isSooner(a: Deadline<unknown>, b: Deadline<unknown>): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.order < b.order;
}
