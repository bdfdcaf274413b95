import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { Entry } from "../../core/command.ts";
import type { TimeMs } from "../../core/ids.ts";
import { entriesUntil } from "../log.suite.ts";
import type { Log } from "../log.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { FolderInUse } from "./folder-lock.ts";
import { type OwnerOptions, openFileLog } from "./open.ts";

export type DiskOperation = "open" | "read" | "write" | "truncate" | "sync" | "rename" | "remove";

/** A disk for tests: it loses what was not synced, gets full, and fails when told to. */
export interface MemoryDisk extends Disk {
  /** How many bytes all files may have. */
  capacityBytes: number;
  /** Asked before each operation; what it returns is thrown. */
  fault: (operation: DiskOperation, path: string) => Error | undefined;
  /** Awaited by each file sync before it takes effect. */
  beforeSync: (path: string) => Promise<void>;
  readonly counts: Record<DiskOperation, number>;
  names(): readonly string[];
  bytesOf(path: string): Buffer;
  /** Puts a file there, durably. */
  put(path: string, bytes: Uint8Array): void;
  /** The disk after a loss of power; with `keep`, of the kind that had written everything. */
  afterCrash(options?: { readonly keep: "synced" | "all" }): MemoryDisk;
}

interface Inode {
  bytes: Buffer;
  size: number;
  synced: Buffer;
}

export function createMemoryDisk(): MemoryDisk {
  const files = new Map<string, Inode>();
  /** The names that survive a crash. */
  const durable = new Map<string, Inode>();
  const locks = new Set<string>();

  function check(operation: DiskOperation, path: string): void {
    disk.counts[operation] += 1;
    const error = disk.fault(operation, path);
    if (error !== undefined) throw error;
  }

  function existing(path: string): Inode {
    const inode = files.get(path);
    if (inode === undefined) throw diskError("ENOENT", path);
    return inode;
  }

  function usedBytes(): number {
    let sum = 0;
    for (const { size } of files.values()) sum += size;
    return sum;
  }

  /** Where it fails, a part is written: what there is room for, or half of it. */
  function write(inode: Inode, path: string, bytes: Uint8Array, position: number): void {
    disk.counts.write += 1;
    const fault = disk.fault("write", path);
    const room = disk.capacityBytes - usedBytes() + Math.max(0, inode.size - position);
    const written = Math.min(fault === undefined ? bytes.length : bytes.length >> 1, room);
    resize(inode, Math.max(inode.size, position + written));
    inode.bytes.set(bytes.subarray(0, written), position);
    if (fault !== undefined) throw fault;
    if (written < bytes.length) throw diskError("ENOSPC", path);
  }

  function fileOf(inode: Inode, path: string): DiskFile {
    return {
      size: () => inode.size,
      read(into, position) {
        check("read", path);
        const part = inode.bytes.subarray(Math.min(position, inode.size), inode.size);
        into.set(part.subarray(0, into.length));
        return Math.min(into.length, part.length);
      },
      write: (bytes, position) => write(inode, path, bytes, position),
      truncate(size) {
        check("truncate", path);
        resize(inode, size);
      },
      async sync() {
        const written = Buffer.from(inode.bytes.subarray(0, inode.size));
        await disk.beforeSync(path);
        check("sync", path);
        inode.synced = written;
      },
      close() {},
    };
  }

  const disk: MemoryDisk = {
    capacityBytes: Number.POSITIVE_INFINITY,
    fault: () => undefined,
    beforeSync: async () => {},
    counts: { open: 0, read: 0, write: 0, truncate: 0, sync: 0, rename: 0, remove: 0 },
    open(path, mode) {
      check("open", path);
      if (mode === "create") files.set(path, newInode());
      return fileOf(existing(path), path);
    },
    list: async (folder) =>
      [...files.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1)),
    async rename(from, to) {
      check("rename", from);
      files.set(to, existing(from));
      files.delete(from);
    },
    async remove(path) {
      check("remove", path);
      files.delete(path);
    },
    async makeFolder() {},
    async syncFolder(folder) {
      for (const path of [...durable.keys()]) if (dirname(path) === folder) durable.delete(path);
      for (const [path, inode] of files) if (dirname(path) === folder) durable.set(path, inode);
    },
    async lockFolder(folder) {
      if (locks.has(folder)) throw new FolderInUse(folder, process.pid);
      locks.add(folder);
      return { release: () => locks.delete(folder) };
    },
    turn: () => turn(),
    names: () => [...files.keys()].sort(),
    bytesOf: (path) => Buffer.from(existing(path).bytes.subarray(0, existing(path).size)),
    put(path, bytes) {
      const inode = { bytes: Buffer.from(bytes), size: bytes.length, synced: Buffer.from(bytes) };
      files.set(path, inode);
      durable.set(path, inode);
    },
    afterCrash({ keep } = { keep: "synced" }) {
      const next = createMemoryDisk();
      for (const [path, inode] of keep === "all" ? files : durable) {
        next.put(path, keep === "all" ? disk.bytesOf(path) : inode.synced);
      }
      return next;
    },
  };
  return disk;
}

/** A log on the disk whose files are so small that a few entries fill them. */
export function openSmallLog(disk: Disk, options: Partial<OwnerOptions> = {}): Promise<Log> {
  return openFileLog({
    access: "owner",
    disk,
    folder: "/log",
    now: () => 1000 as TimeMs,
    durability: "always",
    segmentBytes: 300,
    growthBytes: 64,
    reserveBytes: 64,
    ...options,
  });
}

export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function newInode(): Inode {
  return { bytes: Buffer.alloc(0), size: 0, synced: Buffer.alloc(0) };
}

function resize(inode: Inode, size: number): void {
  if (size > inode.bytes.length) {
    const bytes = Buffer.alloc(Math.max(size, 2 * inode.bytes.length));
    inode.bytes.copy(bytes, 0, 0, inode.size);
    inode.bytes = bytes;
  }
  inode.bytes.fill(0, Math.min(size, inode.size), inode.size);
  inode.size = size;
}

/** The entries that a log on this disk would begin with after a start. */
export async function entriesAfterStart(disk: Disk, from = 1): Promise<readonly Entry[]> {
  const log = await openSmallLog(disk);
  try {
    const last = log.status().lastIndex;
    return last < from ? [] : await entriesUntil(log, from, last);
  } finally {
    await log.close();
  }
}

/** The same files, of which one is another. */
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
