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
export function logStream(write: Write = stderr()): DestinationStream {
  let lostLines = 0;
  /** Of a line that has begun. */
  let rest: Uint8Array = new Uint8Array();

  /** Returns what was not written. */
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

  /** Whether the line is written, or has begun. */
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

/** Node makes a pipe non-blocking when its stream is first asked for; else its reader could stop the server. */
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
