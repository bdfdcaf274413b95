import type { History, Recorded } from "./history.ts";

/**
 * Writes down what clients ask and hear, and when. Be honest to it: `call` comes before the request is
 * sent, `returned` after the answer was received. One recorder for all clients of a history.
 */
export interface Recorder<Operation extends Answerable> {
  call<Asked extends Operation>(client: string, operation: Asked): Call<Asked>;
  /**
   * The server was seen to be dead, and nothing that is called from now on is for it, but for the next
   * one. What was called before has happened by now or never will; an answer that is still on its way
   * may be written down later.
   */
  died(operation: Operation): void;
  history(): History<Operation>;
}

/** An operation with a place for its answer, empty as long as nothing was heard. */
export interface Answerable {
  readonly answer?: unknown;
}

/** A call about which nothing more is said was not answered: it may have happened or not. */
export interface Call<Operation extends Answerable> {
  returned(answer: NonNullable<Operation["answer"]>): void;
  /** It is certain that nothing was done: the server said so, or the request was not sent. */
  withdrawn(): void;
}

/** `now` gives milliseconds, and never goes back. */
export function createRecorder<Operation extends Answerable>(
  now: () => number,
): Recorder<Operation> {
  const entries: { recorded: Recorded<Operation> | undefined }[] = [];
  let last = 0;

  /** Later than all before, also while the clock stands still. */
  function moment(): number {
    last = Math.max(now(), last + shortestMs);
    return last;
  }

  return {
    call(client, operation) {
      const recorded = { client, operation, calledAt: moment(), isAnswered: false };
      const entry: (typeof entries)[number] = { recorded: { ...recorded, until: never } };
      entries.push(entry);
      return {
        returned(answer) {
          const until = Math.min(moment(), entry.recorded?.until ?? never);
          const answered = { ...operation, answer };
          entry.recorded = { ...recorded, operation: answered, until, isAnswered: true };
        },
        withdrawn() {
          entry.recorded = undefined;
        },
      };
    },
    died(operation) {
      const until = moment();
      for (const entry of entries) {
        if (entry.recorded?.until === never) entry.recorded = { ...entry.recorded, until };
      }
      const [calledAt, diedAt] = [moment(), moment()];
      const recorded = { client: "server", operation, calledAt, until: diedAt, isAnswered: true };
      entries.push({ recorded });
    },
    history: () => entries.flatMap(({ recorded }) => recorded ?? []),
  };
}

const never = Number.POSITIVE_INFINITY;

/** Between two moments; what a number of Unix milliseconds can still tell apart. */
const shortestMs = 0.001;
