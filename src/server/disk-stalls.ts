import type { Disk, DiskFile } from "../log/file/mod.ts";
import { stallMs, type Timekeeper } from "./timekeeper.ts";

/**
 * The disk, which gives back to the holders of leases the time for which it kept everybody waiting:
 * no renewal could be acknowledged meanwhile. It is measured in the time that counts, so that what a
 * stopped process lost anyway is not given back twice.
 */
export function timedDisk(timekeeper: Timekeeper, disk: Disk): Disk {
  return { ...disk, open: (path, mode) => timedFile(disk.open(path, mode), timekeeper) };
}

function timedFile(file: DiskFile, timekeeper: Timekeeper): DiskFile {
  return {
    ...file,
    async sync() {
      const began = timekeeper.now();
      await file.sync();
      const tookMs = timekeeper.now() - began;
      if (tookMs > stallMs) timekeeper.giveBack(tookMs);
    },
  };
}
