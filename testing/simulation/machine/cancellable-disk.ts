import type { Disk } from "../../../src/log/file/mod.ts";
import type { MemoryDisk } from "../../memory-disk/memory-disk.ts";

/** The disk of a thread that others can end. An operation that is under way then never returns. */
export interface CancellableDisk {
  readonly disk: Disk;
  /** Rejects when the thread is cancelled. */
  readonly cancelled: Promise<never>;
  cancel(): Promise<void>;
}

export function createCancellableDisk(disk: MemoryDisk): CancellableDisk {
  let isCancelled = false;
  const cancellation = Promise.withResolvers<never>();
  cancellation.promise.catch(() => {});
  const guarded =
    <Args extends readonly unknown[], Result>(operation: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await operation(...args);
      if (isCancelled) await new Promise(() => {});
      return result;
    };
  return {
    disk: {
      ...disk,
      list: guarded(disk.list),
      rename: guarded(disk.rename),
      remove: guarded(disk.remove),
      syncFolder: guarded(disk.syncFolder),
      turn: guarded(disk.turn),
      open(path, mode) {
        const file = disk.open(path, mode);
        return { ...file, sync: guarded(file.sync) };
      },
    },
    cancelled: cancellation.promise,
    async cancel() {
      isCancelled = true;
      cancellation.reject(new Error("cancelled"));
    },
  };
}
