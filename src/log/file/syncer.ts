import type { DiskFile } from "./disk.ts";

export interface Syncer {
  /** The pending sync; there is only one at a time. After an error it stays, rejected. */
  readonly running: Promise<void> | undefined;
  readonly total: number;
  readonly seconds: number;
  start(file: DiskFile, done: () => void): Promise<void>;
}

export function createSyncer(): Syncer {
  let running: Promise<void> | undefined;
  let total = 0;
  let seconds = 0;

  async function timed(file: DiskFile, done: () => void): Promise<void> {
    const startedAt = performance.now();
    await file.sync();
    done();
    total += 1;
    seconds += (performance.now() - startedAt) / 1000;
    running = undefined;
  }

  return {
    get running() {
      return running;
    },
    get total() {
      return total;
    },
    get seconds() {
      return seconds;
    },
    start(file, done) {
      running = timed(file, done);
      return running;
    },
  };
}
