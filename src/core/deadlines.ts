import type { TimeMs } from "./ids.ts";

/** A moment at which `subject` ends by itself. In one heap at a time. */
export interface Deadline<Subject> {
  at: TimeMs;
  /** Lower ranks end first within the same millisecond. */
  readonly rank: number;
  /** Then lower orders; in the core, the index of the entry with which the subject began. */
  readonly order: number;
  readonly subject: Subject;
  /** The place in the heap; -1 outside. */
  position: number;
}

/** A binary heap whose items know their place: add, remove and move cost O(log n), the first O(1). */
export type Deadlines<Subject> = Deadline<Subject>[];

export function addDeadline<Subject>(
  heap: Deadlines<Subject>,
  at: TimeMs,
  rank: number,
  order: number,
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

/** Does nothing when the deadline has left the heap already. */
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
