import type { Entry } from "../../core/command.ts";

/** Passes committed batches on to readers that have read everything before. */
export interface Feed {
  publish(batch: readonly Entry[]): void;
  /**
   * Yields each batch that is published after the first `next()`. Ends when it is aborted or
   * closed, and when the reader is so far behind that it must read the files.
   */
  follow(signal: AbortSignal): AsyncGenerator<readonly Entry[], void>;
  close(): void;
}

/** Entries that wait in memory for one slow reader, at most. */
const waitingEntriesMax = 262_144;

interface Follower {
  readonly waiting: (readonly Entry[])[];
  waitingEntries: number;
  wake: () => void;
}

export function createFeed(): Feed {
  const followers = new Set<Follower>();
  let isClosed = false;

  function publish(batch: readonly Entry[]): void {
    for (const follower of followers) {
      follower.waiting.push(batch);
      follower.waitingEntries += batch.length;
      if (follower.waitingEntries > waitingEntriesMax) followers.delete(follower);
      follower.wake();
    }
  }

  async function* follow(signal: AbortSignal): AsyncGenerator<readonly Entry[], void> {
    const follower: Follower = { waiting: [], waitingEntries: 0, wake: () => {} };
    const onAbort = () => follower.wake();
    signal.addEventListener("abort", onAbort);
    if (!isClosed) followers.add(follower);
    try {
      while (!signal.aborted) {
        const batch = follower.waiting.shift();
        if (batch !== undefined) {
          follower.waitingEntries -= batch.length;
          yield batch;
        } else if (followers.has(follower)) {
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
          });
        } else return;
      }
    } finally {
      followers.delete(follower);
      signal.removeEventListener("abort", onAbort);
    }
  }

  return {
    publish,
    follow,
    close() {
      isClosed = true;
      for (const follower of [...followers]) {
        followers.delete(follower);
        follower.wake();
      }
    },
  };
}
