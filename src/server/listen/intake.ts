import { keep } from "../budget/budget.ts";
import { countBody, type Line } from "./http2-line.ts";
import type { Streams } from "./http2-streams.ts";

/**
 * The bytes that the server keeps of one connection's incomplete requests. Each request has a limit of
 * its own, but a connection may have thousands of them at once.
 */
export interface Intake {
  /** Counts the bytes, which have just arrived, if there is room for them, and returns whether there was. */
  take(bytes: number): boolean;
  /** Frees bytes that were taken. */
  give(bytes: number): void;
}

export function createIntake(bytesMax: number, streams: Streams, line: Line): Intake {
  const { account } = streams;
  let bytesKept = 0;
  return {
    take(bytes) {
      streams.usefulBytes += bytes;
      countBody(line, bytes);
      if (bytesKept + bytes > bytesMax) return false;
      bytesKept += bytes;
      keep(account, bytes);
      return true;
    },
    give(bytes) {
      if (bytes === 0) return;
      bytesKept -= bytes;
      keep(account, -bytes);
    },
  };
}
