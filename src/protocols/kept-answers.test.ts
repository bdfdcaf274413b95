import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createKeptAnswers } from "./kept-answers.ts";

const keptMs = 1000;

function createStage<Answer>(keysMax = 10, burst = 1) {
  const time = { nowMs: 0 };
  const made: string[] = [];
  const kept = createKeptAnswers<Answer>({ nowMs: () => time.nowMs, keptMs, keysMax, burst });
  function ask(key: string, answer: Answer): Answer {
    return kept.answerTo(key, () => {
      made.push(key);
      return answer;
    });
  }
  return { time, made, ask };
}

describe("an answer", () => {
  it("is made once in that time, however many ask", () => {
    const { time, made, ask } = createStage<number>();
    assert.deepEqual([ask("a", 1), ask("a", 2)], [1, 1]);
    time.nowMs = keptMs - 1;
    assert.equal(ask("a", 3), 1);
    time.nowMs = keptMs;
    assert.equal(ask("a", 4), 4);
    assert.deepEqual(made, ["a", "a"]);
  });

  it("is kept beside those of other keys, of which the oldest makes room", () => {
    const { time, made, ask } = createStage<number>(2);
    for (const key of ["a", "b", "a", "b"]) ask(key, 0);
    assert.deepEqual(made, ["a", "b"]);
    time.nowMs = keptMs;
    for (const key of ["a", "c", "a", "b"]) ask(key, 0);
    assert.deepEqual(made, ["a", "b", "a", "c", "b"]);
  });

  it("that is promised is shared, and its age counts from when it is there", async () => {
    const { time, made, ask } = createStage<Promise<number>>();
    let give = (_: number) => {};
    const promised = new Promise<number>((resolve) => {
      give = resolve;
    });
    ask("a", promised);
    time.nowMs = 10 * keptMs;
    assert.equal(ask("a", Promise.resolve(2)), promised);
    give(1);
    await promised;
    time.nowMs += keptMs - 1;
    assert.equal(await ask("a", Promise.resolve(2)), 1);
    time.nowMs += 1;
    assert.equal(await ask("a", Promise.resolve(3)), 3);
    assert.deepEqual(made, ["a", "a"]);
  });

  it("is made a few times in a row after a while, and then once in that time again", () => {
    const { time, ask } = createStage<number>(10, 3);
    assert.deepEqual([ask("a", 1), ask("a", 2), ask("a", 3), ask("a", 4)], [1, 2, 3, 3]);
    time.nowMs = keptMs;
    assert.deepEqual([ask("a", 5), ask("a", 6)], [5, 5]);
    time.nowMs = 10 * keptMs;
    assert.deepEqual([ask("a", 7), ask("a", 8), ask("a", 9), ask("a", 10)], [7, 8, 9, 9]);
  });

  it("that fails is not kept", async () => {
    const { ask } = createStage<Promise<number>>();
    await assert.rejects(ask("a", Promise.reject(new Error("no"))), /no/);
    assert.equal(await ask("a", Promise.resolve(1)), 1);
  });
});
