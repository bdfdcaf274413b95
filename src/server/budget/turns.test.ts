import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  charge,
  closeAccount,
  createBudget,
  expectAnswers,
  mayWork,
  openAccount,
  rest,
  unlimited,
  waitInLine,
  worked,
} from "./budget.ts";

/** A loop whose turns end, and whose work takes time, only as the test says. */
function stage() {
  let nowMs = 0;
  let due: (() => void)[] = [];
  let logBytes = 0;
  const timers: (() => void)[] = [];
  const clock = {
    nowMs: () => nowMs,
    after(_ms: number, run: () => void) {
      timers.push(run);
      return () => {};
    },
    soon(run: () => void) {
      due.push(run);
      return () => {};
    },
  };
  const budget = createBudget(unlimited, clock, () => logBytes);
  return {
    open: (address = "192.0.2.1") => openAccount(budget, { address, noted() {}, end() {} }),
    /** Works for the account without a look at whether it may. */
    work(account: Account, ms: number) {
      nowMs += ms;
      worked(account, ms, nowMs);
    },
    close: closeAccount,
    fillLog(bytes: number) {
      logBytes = bytes;
    },
    /** Lets the next timer run; `false` when there is none. */
    ring(): boolean {
      const run = timers.shift();
      run?.();
      return run !== undefined;
    },
    pass(ms: number) {
      nowMs += ms;
    },
    may: (account: Account) => mayWork(account, nowMs),
    mayWorkOn: (account: Account, bytes: number) => mayWork(account, nowMs, bytes),
    rest: (ms: number) => rest(budget.turns, ms),
    endTurn() {
      const runs = due;
      due = [];
      for (const run of runs) run();
    },
  };
}

type Stage = ReturnType<typeof stage>;

/** Puts the account in line. The function that it returns says whether its turn has come. */
function waitWith(account: Account): () => boolean {
  let isDone = false;
  waitInLine(account, () => {
    isDone = true;
  });
  return () => isDone;
}

test("a light account works at once", () => {
  const { open, may } = stage();
  assert.equal(may(open()), true);
});

test("an account that has made much work waits in line", () => {
  const { open, may, work, endTurn } = stage();
  const [account, other] = [open(), open()];
  work(account, 6);
  endTurn();
  work(other, 1);
  assert.equal(may(account), false);
});

test("it need not wait while it is the first of its turn, and nobody else waits", () => {
  const { open, may, work, endTurn } = stage();
  const account = open();
  work(account, 6);
  assert.equal(may(account), false);
  endTurn();
  assert.equal(may(account), true);
});

test("a debt is forgiven while time passes", () => {
  const { open, may, work, endTurn, pass } = stage();
  const account = open();
  work(account, 6);
  endTurn();
  pass(60);
  assert.equal(may(account), true);
});

test("time without a debt forgives nothing of a later one", () => {
  const { open, may, work, endTurn, pass } = stage();
  const [account, other] = [open(), open()];
  pass(10_000);
  assert.equal(may(account), true);
  charge(account, 6);
  work(account, 0);
  endTurn();
  work(other, 1);
  assert.equal(may(account), false);
});

test("in a turn without room everybody waits, and in the next one nobody has to", () => {
  const { open, may, work, endTurn } = stage();
  const [busy, quiet] = [open(), open()];
  work(busy, 10);
  assert.equal(may(quiet), false);
  endTurn();
  assert.equal(may(quiet), true);
});

test("light accounts come before heavy ones, which came first", () => {
  const { open, work, endTurn } = stage();
  const [heavy, light] = [open(), open()];
  work(heavy, 10);
  endTurn();
  const order: string[] = [];
  waitInLine(heavy, () => order.push("heavy"));
  waitInLine(light, () => order.push("light"));
  endTurn();
  assert.deepEqual(order, ["light", "heavy"]);
});

test("heavy accounts take turns, and a turn has an end", () => {
  const { open, work, endTurn } = stage();
  const accounts = [open(), open(), open()];
  const order: number[] = [];
  function go(place: number): void {
    const account = accounts[place] as Account;
    order.push(place);
    work(account, 1);
    waitInLine(account, () => go(place));
  }
  for (const account of accounts) work(account, 10);
  endTurn();
  for (const [place, account] of accounts.entries()) {
    waitInLine(account, () => go(place));
  }
  endTurn();
  assert.deepEqual(order, [0, 1]);
  endTurn();
  assert.deepEqual(order, [0, 1, 2, 0]);
});

test("a thousand connections of one address get no more turns than the only one of another", () => {
  const { open, work, endTurn } = stage();
  const order: string[] = [];
  function begin(address: string): void {
    const account = open(address);
    work(account, 10);
    waitInLine(account, () => {
      order.push(address);
      work(account, 1);
    });
  }
  for (let count = 0; count < 1000; count += 1) begin("192.0.2.1");
  for (let count = 0; count < 2; count += 1) begin("192.0.2.2");
  for (let turn = 0; turn < 4; turn += 1) endTurn();
  const [one, other] = ["192.0.2.1", "192.0.2.2"];
  assert.deepEqual(order.slice(0, 5), [one, other, one, other, one]);
});

test("a heavy account gets on within 20 ms, however many light ones there are", () => {
  const { open, work, endTurn } = stage();
  const heavy = open();
  work(heavy, 10);
  const isDone = waitWith(heavy);
  for (let count = 0; count < 100; count += 1) {
    const light = open();
    waitInLine(light, () => work(light, 1));
  }
  for (let turn = 0; turn < 10; turn += 1) endTurn();
  assert.equal(isDone(), true);
});

test("heavy accounts wait while the log is behind, light ones do not", () => {
  const { open, may, work, endTurn, fillLog, ring } = stage();
  const [heavy, light] = [open(), open()];
  work(heavy, 10);
  endTurn();
  fillLog(1024 * 1024);
  assert.equal(may(heavy), false);
  assert.equal(may(light), true);
  const isDone = waitWith(heavy);
  endTurn();
  assert.equal(isDone(), false);
  fillLog(0);
  assert.equal(ring(), true);
  endTurn();
  assert.equal(isDone(), true);
  assert.equal(ring(), false);
});

test("heavy accounts wait while many answers are under way, light ones do not", () => {
  const { open, may, work, endTurn } = stage();
  const [heavy, light] = [open(), open()];
  work(heavy, 10);
  endTurn();
  expectAnswers(light, 6);
  assert.equal(may(heavy), false);
  assert.equal(may(light), true);
  expectAnswers(light, -6);
  assert.equal(may(heavy), true);
});

test("a heavy account gets on, however slow the log is", () => {
  const { open, work, endTurn, fillLog, ring, pass } = stage();
  const heavy = open();
  work(heavy, 10);
  endTurn();
  fillLog(1024 * 1024);
  const isDone = waitWith(heavy);
  endTurn();
  pass(20);
  assert.equal(ring(), true);
  endTurn();
  assert.equal(isDone(), true);
});

const longWork: readonly (readonly [what: string, take: (at: Stage, heavy: Account) => void])[] = [
  ["work of nobody's", ({ rest }) => rest(30)],
  ["a slice of one of them", ({ work }, heavy) => work(heavy, 30)],
];

for (const [what, take] of longWork) {
  test(`heavy accounts rest after ${what} that took long, as long as it took`, () => {
    const at = stage();
    const [heavy, light] = [at.open(), at.open()];
    at.work(heavy, 10);
    at.endTurn();
    take(at, heavy);
    at.endTurn();
    assert.equal(at.may(heavy), false);
    assert.equal(at.may(light), true);
    at.pass(29);
    assert.equal(at.may(heavy), false);
    at.pass(1);
    assert.equal(at.may(heavy), true);
  });
}

test("a slice in which garbage was collected for long makes nobody heavy for long", () => {
  const { open, work, endTurn, pass, mayWorkOn } = stage();
  const victim = open();
  const other = open();
  work(victim, 200);
  endTurn();
  pass(100);
  work(other, 2);
  assert.equal(mayWorkOn(victim, 1), true);
});

test("many bytes are heavy, also those of a light account", () => {
  const { open, work, endTurn, mayWorkOn } = stage();
  work(open(), 2);
  assert.equal(mayWorkOn(open(), 4096), true);
  assert.equal(mayWorkOn(open(), 4097), false);
  endTurn();
  assert.equal(mayWorkOn(open(), 4097), true);
});

test("in a turn that has no room left, no heavy account gets on", () => {
  const { open, work, endTurn } = stage();
  const [heavy, busy] = [open(), open()];
  work(heavy, 10);
  endTurn();
  let isDone = waitWith(heavy);
  endTurn();
  assert.equal(isDone(), true);
  isDone = waitWith(heavy);
  work(busy, 6);
  endTurn();
  assert.equal(isDone(), false);
});

test("a new connection of an address begins with the debt that its last one left", () => {
  const { open, may, work, endTurn, close, pass } = stage();
  const first = open();
  work(first, 10);
  close(first);
  endTurn();
  const second = open();
  work(open("192.0.2.2"), 1);
  assert.equal(may(second), false);
  assert.equal(may(open("192.0.2.2")), true);
  endTurn();
  pass(200);
  work(open("192.0.2.2"), 1);
  assert.equal(may(open()), true);
});
