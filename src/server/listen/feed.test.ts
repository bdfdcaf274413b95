import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createBudget, openAccount, unlimited } from "../budget/budget.ts";
import { createFeed, type Feed } from "./feed.ts";

interface StageOptions {
  readonly msPerByte?: number;
  /** Runs after each delivery. */
  afterwards?(feed: Feed): void;
}

/** A feed whose reader takes `msPerByte`; otherwise time passes only when somebody waits. */
function stage({ msPerByte = 0, afterwards = () => {} }: StageOptions = {}) {
  let nowMs = 0;
  let isEnded = false;
  const socket = new PassThrough({ highWaterMark: 1 << 20 });
  const budget = createBudget(unlimited, {
    nowMs: () => nowMs,
    after(ms, run) {
      const immediate = setImmediate(() => {
        nowMs += ms;
        run();
      });
      return () => clearImmediate(immediate);
    },
    soon(run) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  });
  const account = openAccount(budget, { address: undefined, noted() {}, end() {} });
  const slices: string[] = [];
  const feed: Feed = createFeed({
    socket: socket as unknown as Socket,
    account,
    deliver(bytes) {
      slices.push(bytes.toString("latin1"));
      nowMs += bytes.length * msPerByte;
      afterwards(feed);
    },
    ended() {
      isEnded = true;
    },
  });
  return {
    socket,
    account,
    slices,
    feed,
    received: () => slices.join(""),
    isEnded: () => isEnded,
  };
}

/** As many bytes, no two neighbours alike. */
function bytesOf(count: number): string {
  return "0123456789".repeat(count / 10 + 1).slice(0, count);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}

test("a small chunk is delivered as it came", async () => {
  const { socket, slices } = stage();
  socket.write("hello");
  await until(() => slices.length > 0);
  assert.deepEqual(slices, ["hello"]);
});

test("a large chunk is delivered in slices, in order", async () => {
  const { socket, slices, received } = stage();
  const bytes = bytesOf(100_000);
  socket.write(bytes);
  await until(() => received().length === bytes.length);
  assert.equal(received(), bytes);
  assert.ok(slices.every(({ length }) => length <= 8192));
});

test("expensive bytes are delivered over many turns, and are kept meanwhile", async () => {
  const { socket, account, received } = stage({ msPerByte: 0.01 });
  const before = account.bytes;
  const bytes = bytesOf(20_000);
  socket.write(bytes);
  await until(() => received().length > 0);
  assert.ok(received().length < 5_000);
  assert.equal(account.bytes - before, bytes.length - received().length);
  await until(() => received().length === bytes.length);
  assert.equal(received(), bytes);
  assert.equal(account.bytes, before);
});

test("a paused feed delivers nothing, not even the rest of its chunk", async () => {
  const { socket, feed, received } = stage({ msPerByte: 0.01 });
  const bytes = bytesOf(20_000);
  socket.write(bytes);
  await until(() => received().length > 0);
  feed.pause();
  const { length } = received();
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  assert.equal(received().length, length);
  feed.resume();
  await until(() => received().length === bytes.length);
  assert.equal(received(), bytes);
});

test("the end of a feed returns what it held, and frees it", async () => {
  const { socket, account, feed, received } = stage({ msPerByte: 0.01 });
  const before = account.bytes;
  const bytes = bytesOf(20_000);
  socket.write(bytes);
  await until(() => received().length > 0);
  assert.equal(received() + feed.end().toString("latin1"), bytes);
  assert.equal(account.bytes, before);
  socket.write("more");
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  assert.ok(!received().endsWith("more"));
});

test("the end of a feed within a delivery returns the rest of the chunk, and frees it", async () => {
  let rest: Buffer | undefined;
  const { socket, account, received } = stage({
    afterwards(feed) {
      rest ??= feed.end();
    },
  });
  const before = account.bytes;
  const bytes = bytesOf(20_000);
  socket.write(bytes);
  await until(() => rest !== undefined);
  await nextTurn();
  assert.equal(received() + rest?.toString("latin1"), bytes);
  assert.equal(account.bytes, before);
});

test("a feed that is paused and resumed within a delivery flows on", async () => {
  const { socket, received } = stage({
    afterwards(feed) {
      feed.pause();
      feed.resume();
    },
  });
  socket.write("one");
  await until(() => received() === "one");
  socket.write("two");
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  assert.equal(received(), "onetwo");
});

test("the peer's end comes behind all its bytes, however long they wait", async () => {
  const { socket, feed, received, isEnded } = stage({ msPerByte: 0.01 });
  const bytes = bytesOf(20_000);
  socket.write(bytes);
  await until(() => received().length > 0);
  feed.pause();
  // As a socket does that has read the end of its connection.
  socket.emit("end");
  assert.equal(isEnded(), false);
  feed.resume();
  await until(isEnded);
  assert.equal(received(), bytes);
});
