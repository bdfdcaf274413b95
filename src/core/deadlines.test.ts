import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addDeadline,
  type Deadline,
  type Deadlines,
  moveDeadline,
  removeDeadline,
} from "./deadlines.ts";
import type { LogIndex, TimeMs } from "./ids.ts";

test("whatever is added, moved and removed, the soonest is first", () => {
  const heap: Deadlines<number> = [];
  const live: Deadline<number>[] = [];
  let seed = 1;
  const random = (below: number) => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return (seed >>> 8) % below;
  };
  for (let step = 0; step < 20_000; step += 1) {
    const one = live[random(Math.max(1, live.length))];
    const at = random(500) as TimeMs;
    if (one === undefined || random(3) === 0) {
      live.push(addDeadline(heap, at, random(3), step as LogIndex, step));
    } else if (random(2) === 0) {
      moveDeadline(heap, one, at);
    } else {
      removeDeadline(heap, one);
      live.splice(live.indexOf(one), 1);
    }
    const [soonest] = [...live].sort((a, b) => a.at - b.at || a.rank - b.rank || a.order - b.order);
    assert.equal(heap[0], soonest);
  }
});

test("in one millisecond lower ranks end first, then earlier entries", () => {
  const heap: Deadlines<string> = [];
  const at = 10 as TimeMs;
  addDeadline(heap, at, 2, 1 as LogIndex, "third");
  addDeadline(heap, at, 1, 3 as LogIndex, "second");
  addDeadline(heap, at, 1, 2 as LogIndex, "first");
  const order: string[] = [];
  for (let next = heap[0]; next !== undefined; next = heap[0]) {
    order.push(next.subject);
    removeDeadline(heap, next);
  }
  assert.deepEqual(order, ["first", "second", "third"]);
});

test("a deadline that was removed can be removed again", () => {
  const heap: Deadlines<string> = [];
  const gone = addDeadline(heap, 1 as TimeMs, 0, 1 as LogIndex, "gone");
  const stays = addDeadline(heap, 2 as TimeMs, 0, 2 as LogIndex, "stays");
  removeDeadline(heap, gone);
  removeDeadline(heap, gone);
  assert.deepEqual(heap, [stays]);
});
