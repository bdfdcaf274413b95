/** A thing in a queue. In one heap at a time. */
export interface Place<Subject, Key extends number = number> {
  /** The lowest comes first. */
  at: Key;
  /** Of those with the same key the lowest rank comes first. */
  readonly rank: number;
  /** Then the lowest order; in the core, the index of the entry with which the subject began. */
  readonly order: number;
  readonly subject: Subject;
  /** The place in the heap; -1 outside. */
  position: number;
}

/** A binary heap whose items know their place: add, remove and move cost O(log n), the first O(1). */
export type Heap<Subject, Key extends number = number> = Place<Subject, Key>[];

export function addToHeap<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  at: Key,
  rank: number,
  order: number,
  subject: Subject,
): Place<Subject, Key> {
  const place = { at, rank, order, subject, position: heap.length };
  heap.push(place);
  siftUp(heap, place);
  return place;
}

export function moveInHeap<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  place: Place<Subject, Key>,
  at: Key,
): void {
  place.at = at;
  siftUp(heap, place);
  siftDown(heap, place);
}

/** Does nothing when it has left the heap already. */
export function removeFromHeap<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  place: Place<Subject, Key>,
): void {
  if (place.position < 0) return;
  const last = heap.pop() as Place<Subject, Key>;
  if (last !== place) {
    put(heap, last, place.position);
    siftUp(heap, last);
    siftDown(heap, last);
  }
  place.position = -1;
}

function siftUp<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  place: Place<Subject, Key>,
): void {
  while (place.position > 0) {
    const { position } = place;
    const parent = heap[(position - 1) >> 1] as Place<Subject, Key>;
    if (!isBefore(place, parent)) return;
    put(heap, place, parent.position);
    put(heap, parent, position);
  }
}

function siftDown<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  place: Place<Subject, Key>,
): void {
  for (;;) {
    const { position } = place;
    const left = heap[2 * position + 1];
    const right = heap[2 * position + 2];
    if (left === undefined) return;
    const child = right !== undefined && isBefore(right, left) ? right : left;
    if (!isBefore(child, place)) return;
    put(heap, place, child.position);
    put(heap, child, position);
  }
}

function put<Subject, Key extends number>(
  heap: Heap<Subject, Key>,
  place: Place<Subject, Key>,
  position: number,
): void {
  heap[position] = place;
  place.position = position;
}

function isBefore(a: Place<unknown>, b: Place<unknown>): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.order < b.order;
}
