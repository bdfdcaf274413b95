import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { ReadFailure } from "../../src/log/file/damage.ts";
import { type Disk, type DiskFile, FolderInUse } from "../../src/log/file/disk.ts";
import { diskError } from "../disk-error.ts";
import { createMemoryFile, type MemoryFile } from "./memory-file.ts";
import { createMemoryNames, type Keep, type MemoryNames } from "./memory-names.ts";

export type DiskOperation = "open" | "read" | "write" | "truncate" | "sync" | "rename" | "remove";

/** Operations that take time on a disk. */
export type SlowOperation =
  | "list"
  | "rename"
  | "remove"
  | "make_folder"
  | "sync_folder"
  | "lock_folder"
  | "sync"
  | "turn";

/** A disk for tests. It loses unsynced changes, fills up, and fails on demand. */
export interface MemoryDisk extends Disk {
  /** Bytes that all files together may have. */
  capacityBytes: number;
  /** Whether every change fails with EROFS. */
  isReadOnly: boolean;
  /** Called before each operation, which throws the returned error. */
  fault: (operation: DiskOperation, path: string) => Error | undefined;
  /** Awaited by each sync of a file before it takes effect. */
  beforeSync: (path: string) => Promise<void>;
  readonly counts: Record<DiskOperation, number>;
  names(): readonly string[];
  bytesOf(path: string): Buffer;
  /** Puts a file there, durably. */
  put(path: string, bytes: Uint8Array): void;
  /** Stops the machine for good: nothing changes, promises stay pending, reads are empty. */
  halt(): void;
  /**
   * The disk after a power loss. Of the unsynced changes it keeps none, all, or a random part:
   * sectors of 512 bytes one by one, sizes, names, in any order.
   */
  afterCrash(options?: { readonly keep: Keep }): MemoryDisk;
  /** The disk after the process has ended, with all changes; some of them still unsynced. */
  afterKill(): MemoryDisk;
}

export interface MemoryDiskOptions {
  /** Awaited by each slow operation before it takes effect. Nothing is slow when absent. */
  readonly settle?: (operation: SlowOperation, path: string) => Promise<void>;
}

export function createMemoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  return memoryDisk(options, createMemoryNames());
}

function memoryDisk(options: MemoryDiskOptions, names: MemoryNames): MemoryDisk {
  const { files } = names;
  const locks = new Set<string>();
  let isHalted = false;

  /** Returns whether the operation may go on. Throws when it fails. */
  function check(operation: DiskOperation, path: string): boolean {
    disk.counts[operation] += 1;
    const error = isHalted ? undefined : disk.fault(operation, path);
    if (isHalted) return false;
    if (error !== undefined) throw error;
    return true;
  }

  async function settled(operation: SlowOperation, path: string): Promise<void> {
    if (!isHalted) await options.settle?.(operation, path);
    if (isHalted) await forever();
  }

  function mustBeWritable(path: string): void {
    if (disk.isReadOnly && !isHalted) throw diskError("EROFS", path);
  }

  function existing(path: string): MemoryFile {
    const file = files.get(path);
    if (file === undefined) throw diskError("ENOENT", path);
    return file;
  }

  function usedBytes(): number {
    let sum = 0;
    for (const file of files.values()) sum += file.size();
    return sum;
  }

  function read(file: MemoryFile, path: string, into: Uint8Array, position: number): number {
    disk.counts.read += 1;
    const error = isHalted ? undefined : disk.fault("read", path);
    if (isHalted) return 0;
    if (error !== undefined) throw new ReadFailure({ file: path, offset: position }, error);
    return file.read(into, position);
  }

  /** A failing write still writes a part: as much as there is room for, or half of it. */
  function write(file: MemoryFile, path: string, bytes: Uint8Array, position: number): void {
    mustBeWritable(path);
    disk.counts.write += 1;
    const fault = isHalted ? undefined : disk.fault("write", path);
    if (isHalted) return;
    const size = file.size();
    const room = disk.capacityBytes - usedBytes() + Math.max(0, size - position);
    const written = Math.min(fault === undefined ? bytes.length : bytes.length >> 1, room);
    if (written > 0) file.write(bytes.subarray(0, written), position);
    if (fault !== undefined) throw fault;
    if (written < bytes.length) throw diskError("ENOSPC", path);
  }

  function open(path: string, mode: "create" | "write" | "read"): DiskFile {
    if (check("open", path) && mode === "create") {
      mustBeWritable(path);
      names.change({ to: { path, file: createMemoryFile() } });
    }
    const file = isHalted ? createMemoryFile() : existing(path);
    /** Each handle gets the error of a failed sync once, whichever handle asked for it. */
    let failedSyncsReported = file.failedSyncs;
    return {
      size: file.size,
      read: (into, position) => read(file, path, into, position),
      write: (bytes, position) => write(file, path, bytes, position),
      truncate(size) {
        mustBeWritable(path);
        if (check("truncate", path)) file.truncate(size);
      },
      async sync() {
        const sync = file.beginSync();
        await disk.beforeSync(path);
        await settled("sync", path);
        try {
          check("sync", path);
        } catch (error) {
          sync.fail();
          failedSyncsReported = file.failedSyncs;
          throw error;
        }
        if (isHalted) await forever();
        sync.succeed();
        if (failedSyncsReported === file.failedSyncs) return;
        failedSyncsReported = file.failedSyncs;
        throw diskError("EIO", path);
      },
      close() {},
    };
  }

  const disk: MemoryDisk = {
    capacityBytes: Number.POSITIVE_INFINITY,
    isReadOnly: false,
    fault: () => undefined,
    beforeSync: async () => {},
    counts: { open: 0, read: 0, write: 0, truncate: 0, sync: 0, rename: 0, remove: 0 },
    open,
    async list(folder) {
      await settled("list", folder);
      return [...files.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1));
    },
    async rename(from, to) {
      await settled("rename", from);
      if (!check("rename", from)) await forever();
      mustBeWritable(from);
      names.change({ from, to: { path: to, file: existing(from) } });
    },
    async remove(path) {
      await settled("remove", path);
      if (!check("remove", path)) await forever();
      mustBeWritable(path);
      if (files.has(path)) names.change({ from: path });
    },
    makeFolder: (folder) => settled("make_folder", folder),
    async syncFolder(folder) {
      const endSync = names.beginSync(folder);
      await settled("sync_folder", folder);
      endSync();
    },
    async lockFolder(folder) {
      await settled("lock_folder", folder);
      if (locks.has(folder)) throw new FolderInUse(folder, process.pid);
      locks.add(folder);
      return { release: () => locks.delete(folder) };
    },
    async turn() {
      if (options.settle === undefined) await turn();
      await settled("turn", "");
    },
    names: () => [...files.keys()].sort(),
    bytesOf: (path) => existing(path).contents(),
    put: names.put,
    halt() {
      isHalted = true;
    },
    afterCrash: ({ keep } = { keep: "synced" }) => memoryDisk(options, names.survivors(keep)),
    afterKill: () => memoryDisk(options, names.copy()),
  };
  return disk;
}

/** A promise for each caller: one promise for all would keep all of them in memory. */
function forever(): Promise<never> {
  return new Promise(() => {});
}

/** The same disk with another content of one file, or without it. */
export function withFile(
  disk: MemoryDisk,
  path: string,
  bytes: Uint8Array | undefined,
): MemoryDisk {
  const copy = disk.afterCrash({ keep: "all" });
  if (bytes === undefined) copy.remove(path);
  else copy.put(path, bytes);
  return copy;
}
