/** The machine, which one trial at a time may load. */
export interface Floor {
  /** Resolves when the floor is free, in the order of the calls; leave it with `leave`. */
  take(): Promise<void>;
  leave(): void;
  /** Lets the next trial have the floor while this one only waits, and takes it again afterwards. */
  aside<T>(wait: () => Promise<T>): Promise<T>;
}

export function createFloor(): Floor {
  const line: (() => void)[] = [];
  let isTaken = false;

  async function take(): Promise<void> {
    if (isTaken) await new Promise<void>((resolve) => line.push(resolve));
    isTaken = true;
  }

  function leave(): void {
    const next = line.shift();
    isTaken = next !== undefined;
    next?.();
  }

  return {
    take,
    leave,
    async aside(wait) {
      leave();
      try {
        return await wait();
      } finally {
        await take();
      }
    },
  };
}
