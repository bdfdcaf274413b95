import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { check } from "../testing/linearizability/check.ts";
import { draw } from "../testing/linearizability/drawing.ts";
import { createLockModel, lockRulesDefault } from "../testing/linearizability/locks/model.ts";
import { type KnownHistory, readHistories } from "../testing/linearizability/locks/read.ts";
import { lockWords } from "../testing/linearizability/locks/words.ts";

/** Histories of locks of which it is known whether they can be: each with what it is about. */
const good = known("good.txt");
const bad = known("bad.txt");

const model = createLockModel(lockRulesDefault);

test("there are at least 12 good and 20 bad histories, each with a title of its own", () => {
  assert.ok(good.length >= 12);
  assert.ok(bad.length >= 20);
  const titles = [...good, ...bad].map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
});

for (const { title, history } of good) {
  test(`it can be: ${title}`, () => {
    const verdict = check(model, history);
    assert.equal(verdict.type, "linearizable");
  });
}

for (const { title, history, impossible } of bad) {
  test(`it cannot be: ${title}`, () => {
    const verdict = check(model, history);
    assert.equal(verdict.type, "impossible");
    assert.equal(
      verdict.type === "impossible" && verdict.history[verdict.blocked],
      history[impossible ?? -1],
    );
  });
}

test("a bad history is drawn with a lane for each client, and says where it cannot go on", () => {
  const [only] = readHistories(`# A crash forgets a grant.
1-2     alice    lock write jobs          -> granted #1
1.5-3   bob      lock read jobs/a         -> waiting #2
3.5-    bob      hear
4       server   crash
! 5-6   carol    try jobs size 2          -> granted`);
  const verdict = check(model, only?.history ?? []);
  assert.ok(verdict.type === "impossible");
  assert.equal(
    draw(verdict, lockWords),
    `
         ms   alice                        bob                            server    carol
       0.00   ┌ alice/1: lock write jobs
       0.50   │                            ┌ bob/1: lock read jobs/a
       1.00   └ granted #1                 │
       2.00                                └ waiting #2
       2.50                                ╶ hear bob/1: never answered
       3.00                                                               ■ crash
       4.00                                                                         ┌ carol/1: try jobs size 2
->     5.00                                                                         └ granted

It cannot be that carol heard "granted" to "carol/1: try jobs size 2".
All answers before it can be explained. When it came, it was like this, and nothing that was
under way or that happens by itself could make it true:
    alice/1 holds write jobs
    the last number that was told is #2
The last that had happened then, in one of the orders:
    alice   alice/1: lock write jobs -> granted #1
    bob   bob/1: lock read jobs/a -> waiting #2
    server   crash`.slice(1),
  );
});

function known(name: string): readonly KnownHistory[] {
  const file = new URL(`../testing/linearizability/known/${name}`, import.meta.url);
  return readHistories(readFileSync(file, "utf8"));
}
