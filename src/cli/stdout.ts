import { fstatSync, fsync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Write } from "./log-stream.ts";

const stdout = 1;

/** A pipe whose reader is slow is tried again after so many ms. */
const pauseMs = 1;

/**
 * Writes all of it to stdout, and throws the error of the system when that does not work. What goes
 * through `process.stdout` into a file can be cut short without one: it takes a write of a part, as the
 * last one on a disk that gets full is, for a write of the whole.
 */
export async function writeOut(
  bytes: Uint8Array,
  write: Write = (part, offset) => writeSync(stdout, part, offset),
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += write(bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await pause(pauseMs);
    }
  }
}

/** Where stdout is a file, puts it on the disk: some errors, of a network or a quota, come only then. */
export async function syncOut(): Promise<void> {
  if (fstatSync(stdout).isFile()) await promisify(fsync)(stdout);
}
