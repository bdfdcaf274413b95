import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  closeAccount,
  connectionBytes,
  createBudget,
  keep,
  openAccount,
} from "./budget.ts";

const kib = 1024;
const limits = {
  bytesMax: 1000 * kib,
  bytesPerAddressMax: 600 * kib,
  bytesPerConnectionMax: 400 * kib,
};

function stage() {
  let due: (() => void)[] = [];
  const cut: string[] = [];
  const budget = createBudget(limits, {
    nowMs: () => 0,
    after: () => () => {},
    soon(run) {
      due.push(run);
      return () => {};
    },
  });
  return {
    budget,
    cut,
    open(name: string, address: string, bytes: number): Account {
      const account = openAccount(budget, { address, noted() {}, end: () => cut.push(name) });
      keep(account, bytes - connectionBytes);
      return account;
    },
    endTurn() {
      const runs = due;
      due = [];
      for (const run of runs) run();
    },
  };
}

test("within the budget nobody is cut", () => {
  const { open, endTurn, cut } = stage();
  open("a", "192.0.2.1", 400 * kib);
  open("b", "192.0.2.2", 400 * kib);
  endTurn();
  assert.deepEqual(cut, []);
});

test("a connection beyond its limit is cut", () => {
  const { open, endTurn, cut } = stage();
  open("a", "192.0.2.1", 401 * kib);
  endTurn();
  assert.deepEqual(cut, ["a"]);
});

test("of an address beyond its limit the largest connection is cut", () => {
  const { open, endTurn, cut } = stage();
  open("small", "192.0.2.1", 250 * kib);
  open("large", "192.0.2.1", 390 * kib);
  open("other", "192.0.2.2", 300 * kib);
  endTurn();
  assert.deepEqual(cut, ["large"]);
});

test("beyond the budget of all the largest connections are cut, with some room to spare", () => {
  const { open, endTurn, cut, budget } = stage();
  open("a", "192.0.2.1", 300 * kib);
  open("b", "192.0.2.2", 200 * kib);
  open("c", "192.0.2.3", 350 * kib);
  open("d", "192.0.2.4", 250 * kib);
  endTurn();
  assert.deepEqual(cut, ["c"]);
  assert.equal(budget.memory.bytes, 750 * kib);
});

test("what ended before the end of the turn is not cut for", () => {
  const { open, endTurn, cut } = stage();
  const account = open("a", "192.0.2.1", 401 * kib);
  keep(account, -200 * kib);
  endTurn();
  assert.deepEqual(cut, []);
});

test("closed accounts leave no trace in the books", () => {
  const { open, budget } = stage();
  const accounts = [open("a", "192.0.2.1", 100 * kib), open("b", "192.0.2.1", 50 * kib)];
  for (const account of accounts) closeAccount(account);
  keep(accounts[0] as Account, 5);
  assert.equal(budget.memory.bytes, 0);
  assert.equal(budget.memory.shares.size, 0);
  assert.equal(budget.memory.accounts.size, 0);
});
