import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createTurns } from "../../../testing/turns.ts";
import { createBudget, openAccount, unlimited } from "../budget/budget.ts";
import { createEndOfTurn } from "./end-of-turn.ts";
import { createOutbox, isCongested, push, pushLast, sweep, writeGathered } from "./outbox.ts";

/** An outbox on a socket whose kernel takes everything at once, or nothing until `drain`. */
function stage({ unsentBytesMax = 1000 }: { readonly unsentBytesMax?: number } = {}) {
  const written: string[] = [];
  const happened: string[] = [];
  let isTaking = true;
  let callbacks: (() => void)[] = [];
  const socket = {
    writable: true,
    writableLength: 0,
    write(piece: string | Buffer, _encoding: string, done?: () => void) {
      if (piece.length > 0) written.push(piece.toString("latin1"));
      if (!isTaking) socket.writableLength += piece.length;
      if (done !== undefined) callbacks.push(done);
    },
  };
  const budget = createBudget(unlimited, createTurns());
  const account = openAccount(budget, { address: undefined, noted() {}, end() {} });
  const before = account.bytes;
  const endOfTurn = createEndOfTurn();
  const outbox = createOutbox(socket as unknown as Socket, {
    endOfTurn,
    account,
    unsentBytesMax,
    flow: {
      turned: () => void happened.push(isCongested(outbox) ? "congested" : "free"),
      overflowing: () => void happened.push("overflowing"),
    },
  });
  return {
    outbox,
    written,
    happened,
    endTurn: endOfTurn.run,
    kept: () => account.bytes - before,
    block() {
      isTaking = false;
    },
    drain() {
      isTaking = true;
      socket.writableLength = 0;
      const due = callbacks;
      callbacks = [];
      for (const done of due) done();
    },
  };
}

test("the pieces of a turn leave as one write", () => {
  const { outbox, written, endTurn, kept } = stage();
  push(outbox, "a");
  push(outbox, "b");
  endTurn();
  assert.deepEqual(written, ["ab"]);
  assert.equal(kept(), 0);
});

test("the last piece leaves behind the others, and only the newest of several", () => {
  const { outbox, written, endTurn } = stage();
  pushLast(outbox, "1");
  push(outbox, "a");
  pushLast(outbox, "2");
  push(outbox, "b");
  endTurn();
  assert.deepEqual(written, ["ab2"]);
});

test("while the client does not read, pieces gather for one write, and the account counts them", () => {
  const { outbox, written, endTurn, kept, block, drain } = stage();
  block();
  push(outbox, "first");
  endTurn();
  for (const piece of ["a", "b", "c"]) {
    push(outbox, piece);
    endTurn();
  }
  assert.deepEqual(written, ["first"]);
  assert.ok(kept() > "firstabc".length, "a piece costs more than its bytes");
  drain();
  assert.deepEqual(written, ["first", "abc"]);
  assert.equal(kept(), 0);
});

test("a client that pings and does not read costs one pong", () => {
  const { outbox, written, endTurn, kept, block, drain } = stage();
  block();
  push(outbox, "first");
  endTurn();
  const before = kept();
  for (let count = 0; count < 1000; count += 1) {
    pushLast(outbox, `pong ${count}`);
    endTurn();
  }
  assert.equal(kept(), before);
  drain();
  assert.deepEqual(written, ["first", "pong 999"]);
});

test("many small pieces congest and overflow as their cost says, not as their bytes do", () => {
  const { outbox, happened, endTurn, block } = stage({ unsentBytesMax: 1000 });
  block();
  push(outbox, "first");
  endTurn();
  for (let count = 0; count < 20; count += 1) push(outbox, "x");
  assert.deepEqual(happened, ["congested"]);
  for (let count = 0; count < 60; count += 1) push(outbox, "x");
  assert.equal(happened[1], "overflowing");
});

test("one answer may be larger than all limits, if the client then reads before it gets another", () => {
  const { outbox, happened, endTurn, block, drain } = stage();
  block();
  push(outbox, "x".repeat(10_000));
  endTurn();
  drain();
  block();
  push(outbox, "x".repeat(10_000));
  endTurn();
  assert.deepEqual(happened, ["congested", "free", "congested"]);
  push(outbox, "x");
  endTurn();
  assert.equal(happened.at(-1), "overflowing");
});

test("a client that catches up is no longer congested", () => {
  const { outbox, happened, endTurn, block, drain } = stage({ unsentBytesMax: 10 });
  block();
  push(outbox, "more than ten bytes");
  endTurn();
  drain();
  assert.deepEqual(happened, ["congested", "free"]);
});

test("everything can be written at once, although the client does not read", () => {
  const { outbox, written, endTurn, block } = stage();
  block();
  push(outbox, "first");
  endTurn();
  push(outbox, "second");
  writeGathered(outbox);
  assert.deepEqual(written, ["first", "second"]);
});

test("a client that takes not even a few bytes from one sweep to the next has stopped reading", () => {
  const { outbox, endTurn, block } = stage();
  block();
  push(outbox, "few");
  endTurn();
  assert.equal(sweep(outbox), false);
  assert.equal(sweep(outbox), true);
});

test("a client that takes a few bytes between two sweeps is reading", () => {
  const { outbox, endTurn, block, drain } = stage();
  block();
  push(outbox, "few");
  endTurn();
  assert.equal(sweep(outbox), false);
  drain();
  block();
  push(outbox, "more");
  endTurn();
  assert.equal(sweep(outbox), false);
});
