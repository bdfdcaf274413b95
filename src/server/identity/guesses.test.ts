import assert from "node:assert/strict";
import { test } from "node:test";
import { createGuesses, type GuessLimits } from "./guesses.ts";

const limits: Partial<GuessLimits> = {
  freeMax: 2,
  waitMsMin: 100,
  waitMsMax: 1000,
  forgetMs: 60_000,
  addressesMax: 3,
};

function stage() {
  let nowMs = 0;
  const guesses = createGuesses(() => nowMs, limits);
  return {
    guesses,
    pass(ms: number) {
      nowMs += ms;
    },
    guess(address: string, times = 1) {
      for (let count = 0; count < times; count += 1) guesses.count(address);
    },
  };
}

test("the first wrong guesses cost nothing, and each further one doubles the wait", () => {
  const { guesses, guess } = stage();
  const waits = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
    guess("a");
    return guesses.waitMs("a");
  });
  assert.deepEqual(waits, [0, 0, 100, 200, 400, 800, 1000, 1000]);
});

test("a wait runs from the last wrong guess and ends", () => {
  const { guesses, guess, pass } = stage();
  guess("a", 4);
  pass(150);
  assert.equal(guesses.waitMs("a"), 50);
  pass(50);
  assert.equal(guesses.waitMs("a"), 0);
});

test("an address without a wrong guess for a while starts anew", () => {
  const { guesses, guess, pass } = stage();
  guess("a", 8);
  pass(60_000);
  guess("a", 2);
  assert.equal(guesses.waitMs("a"), 0);
});

test("other addresses do not pay for it, except those of the same IPv6 network", () => {
  const { guesses, guess } = stage();
  guess("2001:db8:1:2::1", 3);
  assert.equal(guesses.waitMs("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), 100);
  assert.equal(guesses.waitMs("2001:db8:1:3::1"), 0);
  assert.equal(guesses.waitMs("192.0.2.1"), 0);
  guess("::1", 3);
  assert.equal(guesses.waitMs("::2"), 100);
  guess("2001:db8::", 3);
  assert.equal(guesses.waitMs("2001:db8:0:0:1::"), 100);
});

test("no more addresses are remembered than may be, and the oldest goes first", () => {
  const { guesses, guess } = stage();
  for (const address of ["a", "b", "c"]) guess(address, 3);
  guess("a");
  guess("d", 3);
  const waits = ["a", "b", "c", "d"].map((address) => guesses.waitMs(address));
  assert.deepEqual(waits, [200, 0, 100, 100]);
});
