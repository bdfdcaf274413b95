import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acquire,
  batchesUntil,
  collect,
  collectAll,
  entriesUntil,
  entry,
  index,
  indexesOf,
  range,
  stateAt,
} from "../../testing/log-entries.ts";
import { nextTurn } from "../../testing/next-turn.ts";
import type { Entry } from "../core/command.ts";
import type { TimeMs } from "../core/ids.ts";
import { type Log, Unavailable } from "./log.ts";

/** Opens a new, empty log. */
export type OpenLog = (options: { readonly now: () => TimeMs }) => Promise<Log>;

/** The promises of every engine. */
export function logSuite(name: string, open: OpenLog): void {
  const openAt = (time: number) => open({ now: () => time as TimeMs });

  test(`${name}: an empty log has no entry, no snapshot and no batch`, async () => {
    const log = await openAt(1000);
    const { lastIndex, firstIndex, snapshotIndex, pendingBytes, batches, isFull } = log.status();
    const status = { lastIndex, firstIndex, snapshotIndex, pendingBytes, isFull };
    assert.deepEqual(status, emptyStatus);
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

  test(`${name}: a reader gets later entries, even when it starts beyond the end of the log`, async () => {
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

  test(`${name}: text of any kind comes back unchanged`, async () => {
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

  test(`${name}: trim keeps the entries that the older of two snapshots does not cover`, async () => {
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

  test(`${name}: trim removes no entry that a reader still needs`, async () => {
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

  test(`${name}: closing waits for pending appends, ends readers, and rejects later appends`, async () => {
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

const emptyStatus = {
  lastIndex: 0,
  firstIndex: 1,
  snapshotIndex: 0,
  pendingBytes: 0,
  isFull: false,
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
