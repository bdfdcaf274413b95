import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder, type TemporaryFolder } from "../temporary-folder.ts";

/** A file system of its own, of the size that a test wants; unmounted when it is disposed of. */
export interface MountedDisk extends Disposable {
  readonly path: string;
  /** Leaves not a byte for others. */
  fill(): void;
  /** Takes back what `fill` did. */
  free(): void;
}

/** One that an error has made read-only, as the kernel does it to a disk that it cannot trust. */
export interface BreakableDisk extends MountedDisk {
  /** From now on nothing can be written, through files that are open, either. */
  makeReadOnly(): void;
  /** Mounts it anew, to be written again. Nobody must have a file open on it. */
  repair(): void;
}

/** Why there can be no such disk here; `false` when there can. */
export function reasonNotToMount(): string | false {
  if (process.getuid?.() !== 0) return "only root may mount a file system";
  using folder = createTemporaryFolder();
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "none", folder.path]);
  if (status !== 0) return `no file system can be mounted: ${stderr}`;
  execFileSync("umount", [folder.path]);
  return false;
}

/** The same for `mountBreakableDisk`. */
export function reasonNotToBreak(): string | false {
  const reason = reasonNotToMount();
  if (reason !== false) return reason;
  try {
    mountBreakableDisk()[Symbol.dispose]();
    return false;
  } catch (error) {
    return `there is no ext4 on a loop device: ${(error as Error).message}`;
  }
}

export function mountSmallDisk(mebibytes: number): MountedDisk {
  const folder = createTemporaryFolder();
  const path = join(folder.path, "disk");
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "none", path]);
  return mountedDisk(folder, path);
}

const imageBytes = 32 * 1024 * 1024;

export function mountBreakableDisk(): BreakableDisk {
  const folder = createTemporaryFolder();
  const path = join(folder.path, "disk");
  const image = join(folder.path, "image");
  mkdirSync(path);
  closeSync(openSync(image, "w"));
  truncateSync(image, imageBytes);
  const mount = () => execFileSync("mount", ["-o", "loop,errors=remount-ro", image, path]);
  try {
    execFileSync("mkfs.ext4", ["-q", image]);
    mount();
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
  return {
    ...mountedDisk(folder, path),
    makeReadOnly() {
      const device = execFileSync("findmnt", ["-n", "-o", "SOURCE", path], { encoding: "utf8" });
      const name = device.trim().replace("/dev/", "");
      const trigger = openSync(`/sys/fs/ext4/${name}/trigger_fs_error`, "w");
      writeSync(trigger, "1");
      closeSync(trigger);
    },
    repair() {
      execFileSync("umount", [path]);
      // 1: errors were corrected.
      const { status, stdout } = spawnSync("fsck.ext4", ["-y", image]);
      if (status !== 0 && status !== 1) throw new Error(String(stdout));
      mount();
    },
  };
}

function mountedDisk(folder: TemporaryFolder, path: string): MountedDisk {
  const ballast = join(path, "ballast");
  return {
    path,
    fill() {
      const file = openSync(ballast, "a");
      for (const bytes of [1024 * 1024, 4096, 1]) writeUntilFull(file, Buffer.alloc(bytes));
      fsyncSync(file);
      closeSync(file);
    },
    free: () => rmSync(ballast),
    [Symbol.dispose]() {
      execFileSync("umount", [path]);
      folder[Symbol.dispose]();
    },
  };
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    while (writeSync(file, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
