import { spawn } from "node:child_process";
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FolderInUse, type FolderLock } from "./disk.ts";
import { lockName } from "./names.ts";

/**
 * Takes flock(2) on a file in the folder. The kernel frees the lock when the descriptor closes,
 * also after `kill -9`, so a lock is never stale and no pid needs to be trusted; containers that
 * share the folder share the lock. The pid in the file is only for the message. The function locks
 * the folder itself as well, because somebody may take the file for stale and remove it. Some file
 * systems, such as NFS, cannot lock folders.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, lockName);
  const descriptors: number[] = [];
  const release = () => {
    for (const descriptor of descriptors.splice(0).reverse()) closeSync(descriptor);
  };

  async function lock(place: string, flags: number): Promise<number> {
    const descriptor = openLocked(place, flags);
    if (descriptor === undefined) throw new FolderInUse(folder, pidIn(path));
    descriptors.push(descriptor);
    if (!opensLocked && !(await flock(descriptor))) throw new FolderInUse(folder, pidIn(path));
    return descriptor;
  }

  try {
    const file = await lock(path, constants.O_RDWR | constants.O_CREAT);
    await lock(folder, constants.O_RDONLY).catch(ifInUse);
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`, 0);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function ifInUse(error: unknown): void {
  if (error instanceof FolderInUse) throw error;
}

/** O_EXLOCK of the BSDs and macOS: open(2) takes the lock. */
const openAndLock = 0x20;
const opensLocked = ["darwin", "freebsd", "openbsd", "netbsd"].includes(process.platform);

/** `undefined` when another process has the lock; only on systems where opening takes it. */
function openLocked(path: string, flags: number): number | undefined {
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
 * belongs to the open file, which this process shares, so it stays when the program ends. Resolves
 * with `false` when another process has the lock, which the program reports without a message.
 */
function flock(descriptor: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "pipe", descriptor] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("error", (cause) => {
      const message = "Locking the folder needs the program flock (of util-linux or busybox).";
      reject(new Error(message, { cause }));
    });
    child.once("close", (code, signal) => {
      if (code === 0) resolve(true);
      else if (code === 1 && said === "") resolve(false);
      else reject(new Error(`Locking failed: flock ended with ${code ?? signal}. ${said}`.trim()));
    });
  });
}

/** `undefined` when the owner has not written it yet. */
function pidIn(path: string): number | undefined {
  const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
