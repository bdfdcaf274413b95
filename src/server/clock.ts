/** The longest timer of Node; a longer one would fire at once. */
export const timerMsMax = 2 ** 31 - 1;

/** Time and timers as functions, so that tests can control time. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  nowMs(): number;
  /**
   * The time that `nowMs` gave last; asking the machine costs as much as a hundredth of a request. It is recent
   * wherever the server handles a peer's bytes or applies entries: the listener reads the clock for each chunk or
   * HTTP/2 stream, and the replica for every eighth entry.
   */
  recentMs(): number;
  /** Runs once, `ms` from now, unless the returned function is called earlier. */
  after(ms: number, run: () => void): () => void;
  /** Runs every `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void;
  /** Runs at the end of this turn of the event loop, unless the returned function is called earlier. */
  soon(run: () => void): () => void;
}

let lastMs = 0;

/** The machine's clock. Its timers do not keep the process alive; the sockets that they guard do. */
export const systemClock: Clock = {
  nowMs() {
    lastMs = performance.now();
    return lastMs;
  },
  recentMs: () => lastMs,
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
