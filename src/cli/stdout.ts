import { fstatSync, fsync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Write } from "./log-stream.ts";

const stdout = 1;

/** Pause before another try on a slow pipe. */
const pauseMs = 1;

/**
 * Writes all bytes to stdout or throws the system's error. `process.stdout` can cut the output to a file
 * short without an error: it takes a partial write, such as the last one before the disk is full, for
 * a complete one.
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

/** Syncs stdout if it is a file, because some errors, of a network or a quota, occur only then. */
export async function syncOut(): Promise<void> {
  if (fstatSync(stdout).isFile()) await promisify(fsync)(stdout);
}
