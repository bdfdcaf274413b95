import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, Entry } from "../core/command.ts";
import type { LockNumber, LogIndex, Namespace, RequestId, SessionId, TimeMs } from "../core/ids.ts";
import type { SnapshotRecord } from "../core/snapshot.ts";
import { type Log, Unavailable } from "./log.ts";

/** Opens a new, empty log. */
export type OpenLog = (options: { readonly now: () => TimeMs }) => Promise<Log>;

/** What every engine promises. */
export function logSuite(name: string, open: OpenLog): void {
  const openAt = (time: number) => open({ now: () => time as TimeMs });

  test(`${name}: an empty log has no entry, no snapshot and no batch`, async () => {
    const log = await openAt(1000);
    const { lastIndex, firstIndex, snapshotIndex, batches, isFull } = log.status();
    assert.deepEqual({ lastIndex, firstIndex, snapshotIndex, isFull }, emptyStatus);
    assert.equal(sum(batches), 0);
    assert.equal(await log.newestSnapshot(), undefined);
    await log.close();
  });

  test(`${name}: commands become entries in the order given, from index 1 without gaps`, async () => {
    const log = await openAt(1000);
    await log.append([collect(1), collect(2)]);
    await Promise.all([log.append([collect(3)]), log.append([collect(4), collect(5)])]);
    assert.deepEqual(
      await entriesUntil(log, 1, 5),
      [1, 2, 3, 4, 5].map((n) => entry(n, 1000)),
    );
    assert.equal(log.status().lastIndex, 5);
    await log.close();
  });

  test(`${name}: the commands of one append stay in one batch and share one time`, async () => {
    const times = [...range(1, 200)];
    const log = await open({ now: () => times.shift() as TimeMs });
    await log.append(range(1, 100).map(collect));
    const [batch] = await batchesUntil(log, 1, 100);
    assert.equal(batch?.length, 100);
    assert.equal(new Set(batch?.map(({ at }) => at)).size, 1);
    await log.close();
  });

  test(`${name}: time never goes back in the log when the clock does`, async () => {
    const times = [5000, 3000, 6000];
    const log = await open({ now: () => (times.shift() ?? 0) as TimeMs });
    for (const n of [1, 2, 3, 4]) await log.append([collect(n)]);
    const entries = await entriesUntil(log, 1, 4);
    assert.deepEqual(
      entries.map(({ at }) => at),
      [5000, 5000, 6000, 6000],
    );
    await log.close();
  });

  test(`${name}: entries are read from any index, also within a batch`, async () => {
    const log = await openAt(1000);
    await log.append(range(1, 5).map(collect));
    await log.append(range(6, 10).map(collect));
    for (const from of range(1, 10)) {
      assert.deepEqual(indexesOf(await entriesUntil(log, from, 10)), range(from, 10));
    }
    await log.close();
  });

  test(`${name}: a reader gets what comes later, also when it begins ahead of the log`, async () => {
    const log = await openAt(1000);
    await log.append([collect(1)]);
    const all = entriesUntil(log, 1, 20);
    const later = entriesUntil(log, 15, 20);
    for (const n of range(2, 20)) await log.append([collect(n)]);
    assert.deepEqual(indexesOf(await all), range(1, 20));
    assert.deepEqual(indexesOf(await later), range(15, 20));
    await log.close();
  });

  test(`${name}: readers that join while entries are committed miss none and get none twice`, async () => {
    const log = await openAt(1000);
    const reads: Promise<readonly Entry[]>[] = [];
    for (const n of range(1, 200)) {
      const appended = log.append([collect(n)]);
      if (n % 20 === 0) reads.push(entriesUntil(log, 1, 200));
      if (n % 3 === 0) await appended;
    }
    for (const read of reads) assert.deepEqual(indexesOf(await read), range(1, 200));
    await log.close();
  });

  test(`${name}: an append resolves when its entries can be read`, async () => {
    const log = await openAt(1000);
    for (const n of range(1, 10)) {
      await log.append([collect(n)]);
      assert.equal(log.status().lastIndex, n);
      assert.deepEqual(indexesOf(await entriesUntil(log, n, n)), [n]);
    }
    await log.close();
  });

  test(`${name}: an empty append adds nothing`, async () => {
    const log = await openAt(1000);
    await log.append([]);
    assert.equal(log.status().lastIndex, 0);
    await log.close();
  });

  test(`${name}: an aborted reader ends, waiting or not`, async () => {
    const log = await openAt(1000);
    const waiting = new AbortController();
    const read = collectAll(log.read(index(1), waiting.signal));
    await log.append([collect(1)]);
    await nextTurn();
    waiting.abort();
    assert.deepEqual(indexesOf(await read), [1]);
    assert.deepEqual(await collectAll(log.read(index(1), AbortSignal.abort())), []);
    await log.close();
  });

  test(`${name}: text of any kind is kept as it is`, async () => {
    const log = await openAt(1000);
    const paths = ["", "ключ", "🔒", '\0\u2028"\\', "\ud800", "__proto__"];
    const commands = paths.map((path) => acquire([path]));
    await log.append(commands);
    const entries = await entriesUntil(log, 1, paths.length);
    assert.deepEqual(
      entries.map(({ command }) => command),
      commands,
    );
    await log.close();
  });

  test(`${name}: the newest snapshot is the one with the highest index`, async () => {
    const log = await openAt(1000);
    await log.append(range(1, 9).map(collect));
    await log.writeSnapshot(index(3), [stateAt(3)]);
    await log.writeSnapshot(index(9), [stateAt(9), ...range(1, 1000).map(stateAt)]);
    const snapshot = await log.newestSnapshot();
    assert.equal(snapshot?.index, 9);
    assert.deepEqual([...(snapshot?.records ?? [])], [stateAt(9), ...range(1, 1000).map(stateAt)]);
    assert.equal(log.status().snapshotIndex, 9);
    await log.close();
  });

  test(`${name}: a snapshot may have no records`, async () => {
    const log = await openAt(1000);
    await log.writeSnapshot(index(0), []);
    assert.deepEqual([...((await log.newestSnapshot())?.records ?? [stateAt(1)])], []);
    await log.close();
  });

  test(`${name}: trim keeps what the older of two snapshots does not cover`, async () => {
    const log = await openAt(1000);
    for (const n of range(1, 30)) await log.append([collect(n)]);
    await log.writeSnapshot(index(10), [stateAt(10)]);
    await log.trim();
    assert.equal(log.status().firstIndex, 1);
    await log.writeSnapshot(index(20), [stateAt(20)]);
    await log.trim();
    const { firstIndex } = log.status();
    assert.ok(firstIndex > 1 && firstIndex <= 11, `begins with ${firstIndex}`);
    assert.deepEqual(indexesOf(await entriesUntil(log, 11, 30)), range(11, 30));
    await assert.rejects(entriesUntil(log, 1, 30), RangeError);
    await log.close();
  });

  test(`${name}: trim takes nothing from under a reader`, async () => {
    const log = await openAt(1000);
    for (const n of range(1, 30)) await log.append([collect(n)]);
    const reader = log.read(index(1), new AbortController().signal)[Symbol.asyncIterator]();
    await reader.next();
    await log.writeSnapshot(index(29), [stateAt(29)]);
    await log.writeSnapshot(index(30), [stateAt(30)]);
    await log.trim();
    for (const n of range(2, 30)) {
      const { value } = await reader.next();
      assert.deepEqual(indexesOf(value ?? []), [n]);
    }
    await reader.return?.();
    await log.close();
  });

  test(`${name}: the status counts appends and the sizes of batches`, async () => {
    const log = await openAt(1000);
    await log.append([collect(1)]);
    await log.append(range(2, 4).map(collect));
    await log.append(range(5, 3004).map(collect));
    const { appendsTotal, batches } = log.status();
    assert.equal(appendsTotal, 3);
    assert.deepEqual(batches, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    await log.close();
  });

  test(`${name}: closing waits for what was appended, ends readers, and refuses the rest`, async () => {
    const log = await openAt(1000);
    const read = collectAll(log.read(index(1), new AbortController().signal));
    const appends = range(1, 10).map((n) => log.append([collect(n)]));
    await Promise.all([log.close(), ...appends]);
    await log.close();
    assert.deepEqual(indexesOf(await read), range(1, 10));
    await assert.rejects(log.append([collect(11)]), Unavailable);
    assert.equal(log.status().lastIndex, 10);
  });
}

const emptyStatus = { lastIndex: 0, firstIndex: 1, snapshotIndex: 0, isFull: false };

export function index(value: number): LogIndex {
  return value as LogIndex;
}

/** A command that can be told from others by its number. */
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

/** Reads until the entry with index `until` is there. */
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

/** Lets everything happen that needs no more than the event loop. */
export async function nextTurn(): Promise<void> {
  for (const _ of range(1, 5)) await new Promise((resolve) => setImmediate(resolve));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
