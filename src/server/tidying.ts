/**
 * Gives the memory of a storm back to the operating system. V8 collects garbage when the heap grows, so what a storm
 * has left stays while little comes after it, and so do the free pieces in the C library. Looked at when the server
 * has been calm for a while, each step at a look of its own:
 *
 *   as usual ──memory has grown──▶ collecting, bit by bit ──▶ collected in one go, which is brief by then ──▶ trimmed
 *      ▲                                                                                                       │
 *      └───────────────────────────────────────────────────────────────────────────────────────────────────────┘
 */
import type { Heap } from "./heap.ts";

export interface Tidying {
  /** Called regularly, at least once a second. */
  look(): void;
}

export interface TidyingOptions {
  readonly heap: Heap;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** CPU time that the server has used. */
  readonly cpuMs: () => number;
  /** Bytes that the server needs: of the state, and for its peers. */
  readonly neededBytes: () => number;
}

/** A server that works for less than this part of this time is calm. */
const spanMs = 10_000;
const calmPart = 0.1;

/** Less garbage is left to V8. */
const grownBytesMin = 64 * 1024 * 1024;

/** Where more is needed, a collection in one go would hold up everybody for too long. */
const neededBytesMax = 256 * 1024 * 1024;

export function createTidying({ heap, nowMs, cpuMs, neededBytes }: TidyingOptions): Tidying {
  let since = { nowMs: nowMs(), cpuMs: cpuMs() };
  /** The least that the process has had since it was last trimmed. */
  let tidyBytes = heap.bytes();
  /** Those that are left of a round. */
  let steps: (() => void)[] = [];

  function isCalm(): boolean {
    if (nowMs() - since.nowMs < spanMs) return false;
    const now = { nowMs: nowMs(), cpuMs: cpuMs() };
    const part = (now.cpuMs - since.cpuMs) / (now.nowMs - since.nowMs);
    since = now;
    return part < calmPart;
  }

  return {
    look() {
      if (!isCalm()) return;
      const step = steps.shift();
      if (step !== undefined) {
        step();
        tidyBytes = heap.bytes();
        return;
      }
      const bytes = heap.bytes();
      tidyBytes = Math.min(tidyBytes, bytes);
      if (bytes < tidyBytes + grownBytesMin || neededBytes() > neededBytesMax) return;
      steps = [heap.collect, heap.trim];
      heap.beginToCollect();
    },
  };
}
