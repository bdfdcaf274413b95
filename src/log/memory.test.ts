import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, entriesUntil, index, range } from "../../testing/log-entries.ts";
import type { TimeMs } from "../core/ids.ts";
import { logSuite } from "./log.suite.ts";
import { openMemoryLog } from "./memory.ts";

const now = () => 1000 as TimeMs;

logSuite("memory", async (options) => openMemoryLog(options));

test("a log that drops read entries keeps those that a reader still needs", async () => {
  const log = openMemoryLog({ now, dropsEntriesOnceRead: true });
  const signal = new AbortController().signal;
  const fast = log.read(index(1), signal)[Symbol.asyncIterator]();
  const slow = log.read(index(1), signal)[Symbol.asyncIterator]();
  const first = [fast.next(), slow.next()];
  for (const n of range(1, 10)) await log.append([collect(n)]);
  await Promise.all(first);
  for (const _ of range(2, 10)) await fast.next();
  assert.equal(log.status().firstIndex, 2);
  for (const _ of range(2, 10)) await slow.next();
  assert.equal(log.status().firstIndex, 11);
  await log.append([collect(11)]);
  assert.equal((await slow.next()).value?.[0]?.index, 11);
});

test("a log that drops read entries keeps everything until the first reader", async () => {
  const log = openMemoryLog({ now, dropsEntriesOnceRead: true });
  for (const n of range(1, 10)) await log.append([collect(n)]);
  assert.equal((await entriesUntil(log, 1, 10)).length, 10);
});
