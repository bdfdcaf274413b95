/** Puts off what can be done once for a whole turn of the event loop. */
export interface Turn {
  /** Runs at the end of this turn, or at the next `run`. Add it again for the next turn. */
  add(task: () => void): void;
  /** Runs what was added, now, in the order it was added. */
  run(): void;
}

export function createTurn(): Turn {
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
