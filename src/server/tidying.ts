/**
 * Gives the memory of a storm back to the operating system. V8 collects garbage when the heap grows, so what a storm
 * has left stays while little comes after it, and so do the free pieces in the C library. Looked at when the server
 * has been calm for a while, each step at a look of its own:
 *
 *   as usual ──memory has grown──▶ collecting, bit by bit ──▶ collected in one go, which is brief by then
 *      ▲                                                                         │
 *      └───────────────── the C library trimmed ◀── V8's room shrunk ◀───────────┘
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
const grownBytesMin = 32 * 1024 * 1024;

/** One step of a round. Where the server needs more, it would hold up everybody for too long and is left out. */
interface Step {
  readonly run: (heap: Heap) => void;
  readonly neededBytesMax: number;
}

const round: readonly Step[] = [
  { run: (heap) => heap.beginToCollect(), neededBytesMax: Number.POSITIVE_INFINITY },
  { run: (heap) => heap.collect(), neededBytesMax: 256 * 1024 * 1024 },
  { run: (heap) => heap.shrink(), neededBytesMax: 32 * 1024 * 1024 },
  { run: (heap) => heap.trim(), neededBytesMax: Number.POSITIVE_INFINITY },
];

export function createTidying({ heap, nowMs, cpuMs, neededBytes }: TidyingOptions): Tidying {
  let since = { nowMs: nowMs(), cpuMs: cpuMs() };
  /** The least that the process has had since the last round. */
  let tidyBytes = heap.bytes();
  /** Those that are left of this round. */
  let steps: readonly Step[] = [];

  function isCalm(): boolean {
    if (nowMs() - since.nowMs < spanMs) return false;
    const now = { nowMs: nowMs(), cpuMs: cpuMs() };
    const part = (now.cpuMs - since.cpuMs) / (now.nowMs - since.nowMs);
    since = now;
    return part < calmPart;
  }

  function hasGrown(): boolean {
    const bytes = heap.bytes();
    tidyBytes = Math.min(tidyBytes, bytes);
    return bytes >= tidyBytes + grownBytesMin;
  }

  return {
    look() {
      if (!isCalm()) return;
      if (steps.length === 0 && hasGrown()) steps = round;
      const needed = neededBytes();
      const [step, ...others] = steps.filter(({ neededBytesMax }) => needed <= neededBytesMax);
      if (step === undefined) return;
      step.run(heap);
      steps = others;
      if (others.length === 0) tidyBytes = heap.bytes();
    },
  };
}
