/** Entries for the tests of logs, and functions that read them back. */
import type { Command, Entry } from "../src/core/command.ts";
import type {
  LockNumber,
  LogIndex,
  Namespace,
  RequestId,
  SessionId,
  TimeMs,
} from "../src/core/ids.ts";
import type { SnapshotRecord } from "../src/core/snapshot.ts";
import type { Log } from "../src/log/log.ts";

export function index(value: number): LogIndex {
  return value as LogIndex;
}

/** A command that differs from others by its number. */
export function collect(number: number): Command {
  return { type: "collect", idleMs: number };
}

export function acquire(path: readonly string[]): Command {
  return {
    type: "acquire",
    session: "s" as SessionId,
    request: "1" as RequestId,
    namespace: "default" as Namespace,
    claims: [{ mode: "exclusive", path }],
  };
}

export function entry(number: number, at: number): Entry {
  return { index: index(number), at: at as TimeMs, command: collect(number) };
}

export function stateAt(number: number): SnapshotRecord {
  return {
    type: "namespace",
    namespace: `n${number}` as Namespace,
    lastNumber: number as LockNumber,
    usedAt: 0 as TimeMs,
    nameCount: 0,
  };
}

export function range(from: number, until: number): readonly number[] {
  return Array.from({ length: Math.max(0, until - from + 1) }, (_, place) => from + place);
}

export function indexesOf(entries: readonly Entry[]): readonly number[] {
  return entries.map((each) => each.index);
}

/** Reads up to the entry with index `until`. */
export async function batchesUntil(
  log: Pick<Log, "read">,
  from: number,
  until: number,
): Promise<readonly (readonly Entry[])[]> {
  const batches: (readonly Entry[])[] = [];
  for await (const batch of log.read(index(from), new AbortController().signal)) {
    batches.push(batch);
    if ((batch.at(-1)?.index ?? 0) >= until) break;
  }
  return batches;
}

export async function entriesUntil(
  log: Pick<Log, "read">,
  from: number,
  until: number,
): Promise<readonly Entry[]> {
  return (await batchesUntil(log, from, until)).flat();
}

export async function collectAll(
  batches: AsyncIterable<readonly Entry[]>,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const batch of batches) entries.push(...batch);
  return entries;
}
