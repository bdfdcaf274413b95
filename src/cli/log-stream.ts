import { writeSync } from "node:fs";
import type { DestinationStream } from "pino";

/** Writes bytes from an offset on, as `writeSync` does, and returns how many it wrote. */
export type Write = (bytes: Uint8Array, offset: number) => number;

/** Pause between tries on a slow pipe, and their number. After a lost line the stream tries only once. */
const pauseMs = 5;
const patience = 20;

/**
 * Writes the log to stderr, line by line. On a full disk or without a reader a line is lost, and a later
 * line reports the number of lost lines: the server must neither wait for its log nor end because of it.
 */
export function logStream(write: Write = stderr()): DestinationStream {
  let lostLines = 0;
  /** The unwritten rest of a line. */
  let rest: Uint8Array = new Uint8Array();

  /** Returns the unwritten bytes. */
  function put(bytes: Uint8Array, triesMax: number): Uint8Array {
    let done = 0;
    for (let tries = triesMax; tries > 0; tries -= 1) {
      try {
        while (done < bytes.length) done += write(bytes, done);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") break;
        if (tries > 1) pause();
      }
    }
    return bytes.subarray(done);
  }

  /** Whether at least the beginning of the line is written. */
  function begin(line: string, triesMax: number): boolean {
    const bytes = Buffer.from(line);
    const left = put(bytes, triesMax);
    if (left.length === bytes.length) return false;
    rest = left;
    return true;
  }

  return {
    write(line) {
      if (rest.length > 0) rest = put(rest, 1);
      if (rest.length === 0 && lostLines > 0 && begin(noteOf(lostLines), 1)) lostLines = 0;
      if (rest.length > 0 || lostLines > 0 || !begin(line, patience)) lostLines += 1;
    },
  };
}

/** Accessing `process.stderr` makes a pipe non-blocking; otherwise its reader could block the server. */
function stderr(): Write {
  const { fd } = process.stderr;
  return (bytes, offset) => writeSync(fd, bytes, offset);
}

function noteOf(lines: number): string {
  const time = Date.now();
  return `${JSON.stringify({ level: 40, time, lines, msg: "lines of this log were lost" })}\n`;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}
