import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, index, range } from "../../testing/log-entries.ts";
import { createSharedLog, type SharedLogHandle } from "../../testing/shared-log.ts";
import type { TimeMs } from "../core/ids.ts";
import type { Log } from "../log/log.ts";
import { recoverState, writeSnapshot } from "./compact.ts";

const direct = { send: (arrive: () => void) => arrive() };

function openPair(): readonly [SharedLogHandle, SharedLogHandle] {
  const shared = createSharedLog();
  const open = (node: string) =>
    shared.open({ node, now: () => 1000 as TimeMs, toLog: direct, toNode: direct });
  return [open("n1"), open("n2")];
}

/** Appends five entries, snapshots the state there, and trims what the log may forget by then. */
async function grow(log: Log): Promise<void> {
  for (const n of range(1, 5)) await log.append([collect(n)]);
  await writeSnapshot(log, log.status().lastIndex);
  await log.trim();
}

test("a start is at the end of the log, whether or not there is a snapshot", async () => {
  const [log] = openPair();
  assert.equal((await recoverState(log)).state.index, 0);
  await log.append([collect(1)]);
  assert.equal((await recoverState(log)).state.index, 1);
  await grow(log);
  await log.append([collect(2)]);
  const { state, snapshotIndex } = await recoverState(log);
  assert.deepEqual([snapshotIndex, state.index], [6, 7]);
});

test("a start takes a newer snapshot when another node trims the log behind the one that it reads", async () => {
  const [log, other] = openPair();
  await grow(other);
  let overtaking = 2;
  const slow: Log = {
    ...log,
    async newestSnapshot() {
      const snapshot = await log.newestSnapshot();
      for (; overtaking > 0; overtaking -= 1) await grow(other);
      return snapshot;
    },
  };
  const { state, snapshotIndex } = await recoverState(slow);
  assert.deepEqual([snapshotIndex, state.index], [15, 15]);
});

test("a start fails when the log lacks entries behind its newest snapshot", async () => {
  const [log] = openPair();
  await grow(log);
  await log.writeSnapshot(index(4), []);
  await log.trim();
  const damaged: Log = { ...log, newestSnapshot: async () => undefined };
  await assert.rejects(recoverState(damaged), RangeError);
});
