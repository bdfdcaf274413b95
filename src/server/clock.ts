/** Timers of Node cannot be set further than this: such a one would ring in the next moment. */
export const timerMsMax = 2 ** 31 - 1;

/** Time and timers, as functions, so that tests can be the time. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Runs once, `ms` from now, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void;
  /** Runs at the end of this turn of the event loop, unless the returned function is called before. */
  soon(run: () => void): () => void;
}

/** The machine's. Its timers do not keep the process alive; the sockets they guard do. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  soon(run) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};
