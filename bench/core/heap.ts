import { randomUUID } from "node:crypto";
import type { Acquire, Path } from "../../src/core/command.ts";
import type { LockKey, SessionId } from "../../src/core/ids.ts";
import type { HeapAnswer, HeapCase } from "./case.ts";
import { createPlay, type Play, pathOf } from "./play.ts";

/** What stays on the heap of each one, with the strings of the commands that made it. */
export function measureHeap(wanted: HeapCase): HeapAnswer {
  const play = createPlay();
  const make = preparation(play, wanted);
  const before = heapBytes();
  make();
  const bytesEach = (heapBytes() - before) / wanted.count;
  // Used once more, so that the state could not be collected.
  play.openSessions(1);
  return { bytesEach };
}

/** Makes what is not to be counted, and returns what makes the rest. */
function preparation(play: Play, { what, count, depth }: HeapCase): () => void {
  if (what === "session") return () => play.openSessions(count);
  const sessions = play.openSessions(count);
  play.apply(play.acquire(sessions[0] as SessionId, pathOf("hot", 0, depth)));
  return () => {
    sessions.forEach((session, number) => {
      const path = what === "waiter" ? pathOf("hot", 0, depth) : pathOf("held", number, depth);
      const acquire = play.acquire(session, path);
      play.apply(what === "keyed" ? keyed(acquire, path) : acquire);
    });
  };
}

function keyed(acquire: Acquire, path: Path): Acquire {
  const claims = [{ mode: "slot", path, size: 1 } as const];
  return { ...acquire, claims, key: randomUUID() as LockKey, leaseMs: 3_600_000 };
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new TypeError("run it with --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
