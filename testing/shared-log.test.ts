import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../src/core/command.ts";
import type { TimeMs } from "../src/core/ids.ts";
import { logSuite } from "../src/log/log.suite.ts";
import { collect, entriesUntil, index, indexesOf, range, stateAt } from "./log-entries.ts";
import { nextTurn } from "./next-turn.ts";
import { createSharedLog, type SharedLog, type SharedLogHandle, type Way } from "./shared-log.ts";

const atOnce: Way = { send: (arrive) => arrive() };

/** A turn of the event loop long. */
const aTurn: Way = { send: (arrive) => void setImmediate(arrive) };

for (const [name, way] of [
  ["at once", atOnce],
  ["in a turn", aTurn],
] as const) {
  logSuite(`shared by one, ${name}`, async ({ now }) =>
    createSharedLog().open({ node: "n1", now, toLog: way, toNode: way }),
  );
  logSuite(`shared by two, ${name}`, async ({ now }) => {
    const log = createSharedLog();
    log.open({ node: "n2", now, toLog: aTurn, toNode: aTurn });
    return log.open({ node: "n1", now, toLog: way, toNode: way });
  });
}

/** A way on which everything stands until it is let through. */
interface Gate extends Way {
  pass(count?: number): void;
}

function createGate(): Gate {
  const waiting: (() => void)[] = [];
  return {
    send: (arrive) => void waiting.push(arrive),
    pass(count = waiting.length) {
      for (const arrive of waiting.splice(0, count)) arrive();
    },
  };
}

interface Node {
  readonly log: SharedLogHandle;
  readonly toLog: Gate;
  readonly toNode: Gate;
}

function join(shared: SharedLog, node: string, nowMs = 1000): Node {
  const ways = { toLog: createGate(), toNode: createGate() };
  return { ...ways, log: shared.open({ ...ways, node, now: () => nowMs as TimeMs }) };
}

function numbersOf(entries: readonly Entry[]): readonly number[] {
  return entries.map(({ command }) => (command.type === "collect" ? command.idleMs : 0));
}

test("all nodes read the same entries in one order, each in its own time", async () => {
  const shared = createSharedLog();
  const nodes = ["n1", "n2", "n3"].map((name) => join(shared, name));
  const [one, two, three] = nodes as [Node, Node, Node];
  const reads = nodes.map(({ log }) => entriesUntil(log, 1, 4));
  void one.log.append([collect(1), collect(2)]);
  void two.log.append([collect(3)]);
  void three.log.append([collect(4)]);
  for (const { toLog } of [three, one, two]) toLog.pass();
  assert.deepEqual(
    nodes.map(({ log }) => log.status().lastIndex),
    [0, 0, 0],
  );
  one.toNode.pass();
  assert.deepEqual(numbersOf((await reads[0]) ?? []), [4, 1, 2, 3]);
  two.toNode.pass(1);
  assert.deepEqual(numbersOf(await entriesUntil(two.log, 1, 1)), [4]);
  assert.equal(three.log.status().lastIndex, 0);
  two.toNode.pass();
  three.toNode.pass();
  assert.deepEqual(await reads[1], await reads[0]);
  assert.deepEqual(await reads[2], await reads[0]);
});

test("an append resolves when its own node can read it, and not before", async () => {
  const shared = createSharedLog();
  const [one, two] = [join(shared, "n1"), join(shared, "n2")];
  let isResolved = false;
  const appended = one.log.append([collect(1)]).then(() => {
    isResolved = true;
  });
  one.toLog.pass();
  two.toNode.pass();
  await nextTurn();
  assert.equal(isResolved, false);
  one.toNode.pass();
  await appended;
  assert.equal(one.log.status().lastIndex, 1);
});

test("time never goes back, whichever node appends", async () => {
  const shared = createSharedLog();
  const [ahead, behind] = [join(shared, "n1", 2000), join(shared, "n2", 1000)];
  for (const { log, toLog } of [behind, ahead, behind]) {
    void log.append([collect(1)]);
    toLog.pass();
  }
  ahead.toNode.pass();
  const entries = await entriesUntil(ahead.log, 1, 3);
  assert.deepEqual(
    entries.map(({ at }) => at),
    [1000, 2000, 2000],
  );
});

test("the time of an append is that at which its node sent it", async () => {
  let nowMs = 1000;
  const ways = { toLog: createGate(), toNode: atOnce };
  const log = createSharedLog().open({ ...ways, node: "n1", now: () => nowMs as TimeMs });
  const appended = log.append([collect(1)]);
  nowMs = 5000;
  ways.toLog.pass();
  await appended;
  assert.equal((await entriesUntil(log, 1, 1))[0]?.at, 1000);
});

test("of a node that crashed everything acknowledged is there, and what was on its way may be", async () => {
  const shared = createSharedLog();
  const [one, two] = [join(shared, "n1"), join(shared, "n2")];
  const acknowledged = one.log.append([collect(1)]);
  one.toLog.pass();
  one.toNode.pass();
  await acknowledged;
  void one.log.append([collect(2)]);
  void one.log.append([collect(3)]);
  one.log.crash();
  one.toLog.pass(1);
  two.toNode.pass();
  assert.deepEqual(numbersOf(await entriesUntil(two.log, 1, 2)), [1, 2]);
  assert.equal(two.log.status().lastIndex, 2);
});

test("a crashed node hears nothing more", async () => {
  const shared = createSharedLog();
  const one = join(shared, "n1");
  let isResolved = false;
  void one.log.append([collect(1)]).then(() => {
    isResolved = true;
  });
  const read = entriesUntil(one.log, 1, 1);
  one.toLog.pass();
  one.log.crash();
  one.toNode.pass();
  await nextTurn();
  assert.equal(isResolved, false);
  assert.deepEqual(await read, []);
});

test("after a node has opened the log again nothing of its earlier run enters it", async () => {
  const shared = createSharedLog();
  const before = join(shared, "n1");
  void before.log.append([collect(1)]);
  void before.log.append([collect(2)]);
  before.log.crash();
  before.toLog.pass(1);
  const after = join(shared, "n1");
  assert.equal(after.log.status().lastIndex, 1);
  before.toLog.pass();
  void after.log.append([collect(3)]);
  after.toLog.pass();
  after.toNode.pass();
  assert.deepEqual(numbersOf(await entriesUntil(after.log, 1, 2)), [1, 3]);
});

test("a snapshot of one node is there for all, and a trim takes nothing that a slow one has to read", async () => {
  const shared = createSharedLog();
  const [quick, slow] = [join(shared, "n1"), join(shared, "n2")];
  const read = entriesUntil(slow.log, 1, 30);
  for (const n of range(1, 30)) void quick.log.append([collect(n)]);
  quick.toLog.pass();
  quick.toNode.pass();
  slow.toNode.pass(3);
  await quick.log.writeSnapshot(index(20), [stateAt(20)]);
  await quick.log.writeSnapshot(index(25), [stateAt(25)]);
  await quick.log.trim();
  assert.equal((await slow.log.newestSnapshot())?.index, 25);
  slow.toNode.pass();
  assert.deepEqual(indexesOf(await read), range(1, 30));
  await quick.log.trim();
  await assert.rejects(entriesUntil(slow.log, 1, 30), RangeError);
});

test("a reader that has left, or whose node has crashed, keeps nothing from a trim", async () => {
  const shared = createSharedLog();
  const nodes = ["n1", "n2", "n3"].map((name) => join(shared, name));
  const [one, two, three] = nodes as [Node, Node, Node];
  for (const n of range(1, 5)) void one.log.append([collect(n)]);
  for (const { toLog, toNode } of nodes) {
    toLog.pass();
    toNode.pass();
  }
  await entriesUntil(two.log, 1, 2);
  const crashing = three.log.read(index(1), new AbortController().signal)[Symbol.asyncIterator]();
  await crashing.next();
  three.log.crash();
  await nextTurn();
  for (const last of [4, 5]) await one.log.writeSnapshot(index(last), [stateAt(last)]);
  await one.log.trim();
  assert.equal(one.log.status().firstIndex, 5);
});

test("the log behind the newest snapshot is counted in bytes", async () => {
  const log = createSharedLog().open({
    node: "n1",
    now: () => 0 as TimeMs,
    toLog: atOnce,
    toNode: atOnce,
  });
  await log.append([collect(1)]);
  const { bytesSinceSnapshot } = log.status();
  assert.ok(bytesSinceSnapshot > 0);
  await log.append([collect(1)]);
  assert.equal(log.status().bytesSinceSnapshot, 2 * bytesSinceSnapshot);
  await log.writeSnapshot(index(1), []);
  assert.equal(log.status().bytesSinceSnapshot, bytesSinceSnapshot);
});

test("what is ordered and what is written is shown as it happens", async () => {
  const ordered: Entry[] = [];
  const written: number[] = [];
  const shared = createSharedLog({
    ordered: (entries) => void ordered.push(...entries),
    written: (snapshot) => void written.push(snapshot.index),
  });
  const one = join(shared, "n1");
  void one.log.append([collect(1), collect(2)]);
  one.toLog.pass();
  await one.log.writeSnapshot(index(2), [stateAt(2)]);
  one.toNode.pass();
  assert.deepEqual(ordered, await entriesUntil(one.log, 1, 2));
  assert.deepEqual(written, [2]);
});
