import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { ReadFailure } from "./damage.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { hasCode, isOutOfDescriptors } from "./error-code.ts";
import { lockFolder } from "./folder-lock.ts";

export const nodeDisk: Disk = {
  open: (path, mode) => nodeFile(openSync(path, openFlags[mode], 0o600), path),
  list: (folder) => readdir(folder),
  rename,
  remove: (path) => rm(path, { force: true }),
  async makeFolder(folder) {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    let made = resolve(folder);
    if (first === undefined) return syncFound(dirname(made));
    const outermost = resolve(first);
    for (; made !== outermost; made = dirname(made)) await syncFolder(dirname(made));
    await syncFolder(dirname(outermost));
  },
  syncFolder,
  lockFolder,
  turn: () => turn(),
};

const openFlags = { create: "w+", write: "r+", read: "r" } as const;

/**
 * Syncs the parent of a folder that already existed, because a process that ended between making
 * and syncing it may have left the name in memory only. When the parent cannot be opened or synced
 * at all, no process like ours made the folder: it is a mount point, for example, or belongs to the
 * service manager.
 */
async function syncFound(folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    if (!hasCode(error, unsyncable)) throw error;
  }
}

const unsyncable = ["EACCES", "EPERM", "EROFS", "EINVAL"];

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFolder(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits for a free descriptor, because a log whose names are not durable cannot go on. */
async function openFolder(folder: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(folder, "r");
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error;
      await pause(descriptorPauseMs);
    }
  }
}

const descriptorPauseMs = 10;

function nodeFile(descriptor: number, path: string): DiskFile {
  return {
    size: () => fstatSync(descriptor).size,
    read(into, position) {
      let done = 0;
      try {
        while (done < into.length) {
          const count = readSync(descriptor, into, done, into.length - done, position + done);
          if (count === 0) break;
          done += count;
        }
        return done;
      } catch (error) {
        if (!isOfSystem(error)) throw error;
        throw new ReadFailure({ file: path, offset: position + done }, error);
      }
    },
    write(bytes, position) {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
      }
    },
    truncate: (size) => ftruncateSync(descriptor, size),
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => closeSync(descriptor),
  };
}

/** Anything else is a bug. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "errno" in error;
}
