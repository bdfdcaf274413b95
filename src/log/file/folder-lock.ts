import { spawn } from "node:child_process";
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { FolderLock } from "./disk.ts";

/** Another log, of this process or another, owns the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
  readonly folder: string;

  constructor(folder: string, pid: number | undefined) {
    const owner = pid === undefined ? "another process" : `the process with pid ${pid}`;
    super(`${folder} is in use by ${owner}. A folder has one owner at a time.`);
    this.folder = folder;
  }
}

const lockName = "owner.lock";

/**
 * Takes flock(2) on a file in the folder, which nobody ever removes. The kernel frees the lock when
 * the descriptor closes, also after `kill -9`, so that a lock is never stale and no pid is trusted;
 * containers which share the folder see it, too. The pid in the file is only for the message.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, lockName);
  const descriptor = openLocked(path);
  if (descriptor === undefined) throw new FolderInUse(folder, pidIn(path));
  try {
    if (!opensLocked && !(await flock(descriptor))) throw new FolderInUse(folder, pidIn(path));
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`, 0);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return { release: () => closeSync(descriptor) };
}

/** O_EXLOCK of the BSDs, macOS among them: open(2) takes the lock as well. */
const openAndLock = 0x20;
const opensLocked = ["darwin", "freebsd", "openbsd", "netbsd"].includes(process.platform);

/** `undefined`: locked by another; only where opening locks. */
function openLocked(path: string): number | undefined {
  const flags = constants.O_RDWR | constants.O_CREAT;
  if (!opensLocked) return openSync(path, flags, 0o600);
  try {
    return openSync(path, flags | openAndLock | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}

/**
 * Node has no flock(2), but the program `flock` locks a descriptor that it inherits. The lock
 * belongs to the open file, which is ours as well, and so stays when the program has ended.
 */
function flock(descriptor: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", ["-n", "3"], {
      stdio: ["ignore", "ignore", "ignore", descriptor],
    });
    child.once("error", (cause) => {
      const message = "Locking the folder needs the program flock (of util-linux or busybox).";
      reject(new Error(message, { cause }));
    });
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(true);
      else if (code === 1) resolve(false);
      else reject(new Error(`Locking the folder failed: flock ended with ${code ?? signal}.`));
    });
  });
}

/** `undefined` while the owner has not written it yet. */
function pidIn(path: string): number | undefined {
  const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
