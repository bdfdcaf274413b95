import type { Random } from "../history/random.ts";

/** Time that passes only from one task to the next. Tasks of one moment run in any order. */
export interface Scheduler {
  /** Milliseconds since the simulation began. */
  nowMs(): number;
  /** Runs the task `ms` from now, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /**
   * Runs the next task and all promises that it settles. Resolves to `false` when there is no task. Rejects with
   * the error of the task.
   */
  step(): Promise<boolean>;
  readonly stepCount: number;
}

interface Task {
  readonly atMs: number;
  /** Decides the order of tasks of one moment. */
  readonly lot: number;
  /** `undefined`: cancelled. */
  run: (() => void) | undefined;
}

export function createScheduler(random: Random): Scheduler {
  const heap: Task[] = [];
  let nowMs = 0;
  let stepCount = 0;

  function after(ms: number, run: () => void): () => void {
    const task: Task = { atMs: nowMs + Math.max(0, ms), lot: random.below(2 ** 32), run };
    push(heap, task);
    return () => {
      task.run = undefined;
    };
  }

  async function step(): Promise<boolean> {
    let task = pop(heap);
    while (task !== undefined && task.run === undefined) task = pop(heap);
    if (task === undefined) return false;
    nowMs = task.atMs;
    stepCount += 1;
    task.run?.();
    await promisesSettled();
    return true;
  }

  return {
    nowMs: () => nowMs,
    after,
    step,
    get stepCount() {
      return stepCount;
    },
  };
}

/** The real event loop turns only after all promises have settled that can. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(one: Task, other: Task): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.lot < other.lot);
}

/** A binary heap; Williams, "Algorithm 232: heapsort" (1964). */
function push(heap: Task[], task: Task): void {
  let place = heap.length;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above] as Task;
    if (!isBefore(task, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = task;
}

function pop(heap: Task[]): Task | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Task, heap[below] as Task)) below++;
    const child = heap[below] as Task;
    if (!isBefore(child, last)) break;
    heap[place] = child;
    place = below;
  }
  heap[place] = last;
  return first;
}
