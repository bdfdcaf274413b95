import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../history/random.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import { chooseScenario } from "../scenario.ts";
import { createMutexBook, type MutexBook } from "./mutex-book.ts";

const lockId = "00000000-0000-4000-8000-000000000001";
const nextLockId = "00000000-0000-4000-8000-000000000002";

/** The book of a connection that was granted the mutex `m`. */
function bookOfHolder(): MutexBook {
  const scenario = chooseScenario(createRandom(1));
  const book = createMutexBook({ scenario, isHeld: () => false }, "carol", { token: 0 });
  grant(book, lockId, 1);
  return book;
}

function grant(book: MutexBook, data: string, token: number): void {
  book.answered({ type: "lock", mutexId: "m", above: 0 }, { data, token, isAborted: false });
}

/** Asks whether `m` is locked; the returned function takes the answer, also one that comes after an abort. */
function look(book: MutexBook): (isLocked: boolean) => void {
  const question = { type: "look", heldId: book.surelyHeld("m") } as const;
  book.asks(question);
  return (data) => book.answered(question, { data, token: undefined, isAborted: false });
}

const unlock = { type: "unlock", lockId } as const;

test("the holder of a mutex must not learn that it is free", () => {
  const answer = look(bookOfHolder());
  assert.doesNotThrow(() => answer(true));
  assert.throws(() => answer(false), InvariantBroken);
});

test("another connection may unlock the mutex before its holder learns whether it is locked", () => {
  const book = bookOfHolder();
  const answer = look(book);
  book.share(lockId);
  assert.doesNotThrow(() => answer(false));
});

test("the holder may unlock the mutex before it learns whether it is locked", () => {
  const book = bookOfHolder();
  const answers = [look(book), look(book)];
  book.asks(unlock);
  assert.doesNotThrow(() => answers[0]?.(false));
  book.answered(unlock, { data: true, token: undefined, isAborted: false });
  grant(book, nextLockId, 2);
  assert.doesNotThrow(() => answers[1]?.(false));
});

test("an unlock that the server has refused frees nothing", () => {
  const book = bookOfHolder();
  const answer = look(book);
  book.asks(unlock);
  book.refused(unlock);
  assert.throws(() => answer(false), InvariantBroken);
});
