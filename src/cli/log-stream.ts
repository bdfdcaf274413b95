import { writeSync } from "node:fs";
import type { DestinationStream } from "pino";

/** Writes bytes from an offset on, as `writeSync` does, and returns how many it wrote. */
export type Write = (bytes: Uint8Array, offset: number) => number;

/** A pipe whose reader is slow is tried again after so many ms, and so often; but once when it was too slow. */
const pauseMs = 5;
const patience = 20;

/**
 * Where the log goes: stderr, line by line. A line that cannot be written, since the log is a file on a
 * full disk or its reader has gone, is lost, and counted in the next one that can be: the server must
 * neither wait for its log nor end because of it.
 */
export function logStream(
  write: Write = (bytes, offset) => writeSync(2, bytes, offset),
): DestinationStream {
  let lostLines = 0;

  /** Whether all of it was written. */
  function put(line: string, triesMax: number): boolean {
    const bytes = Buffer.from(line);
    let done = 0;
    for (let tries = triesMax; tries > 0; tries -= 1) {
      try {
        while (done < bytes.length) done += write(bytes, done);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
        pause();
      }
    }
    return false;
  }

  return {
    write(line) {
      if (lostLines > 0 && put(noteOf(lostLines), 1)) lostLines = 0;
      if (lostLines > 0 || !put(line, patience)) lostLines += 1;
    },
  };
}

function noteOf(lines: number): string {
  const time = Date.now();
  return `${JSON.stringify({ level: 40, time, lines, msg: "lines of this log were lost" })}\n`;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}
