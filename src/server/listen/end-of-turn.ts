/** Defers work that needs to run only once per turn of the event loop. */
export interface EndOfTurn {
  /** Runs the task at the end of this turn, or at the next `run`; only once. */
  add(task: () => void): void;
  /** Runs the added tasks now, in their order. */
  run(): void;
}

export function createEndOfTurn(): EndOfTurn {
  let tasks: Array<() => void> = [];
  let isScheduled = false;

  function run(): void {
    const due = tasks;
    tasks = [];
    for (const task of due) task();
  }

  return {
    run,
    add(task) {
      tasks.push(task);
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        run();
      });
    },
  };
}
