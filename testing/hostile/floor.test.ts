import assert from "node:assert/strict";
import { test } from "node:test";
import { createFloor } from "./floor.ts";

test("one trial at a time has the floor, and others have it while one waits", async () => {
  const floor = createFloor();
  const events: string[] = [];
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();

  async function trial(name: string, wait: () => Promise<void>): Promise<void> {
    await floor.take();
    events.push(`${name} attacks`);
    await Promise.resolve();
    await floor.aside(wait);
    events.push(`${name} goes on`);
    floor.leave();
  }

  const first = trial("first", () => settled);
  await trial("second", async () => {});
  settle();
  await first;
  assert.deepEqual(events, ["first attacks", "second attacks", "second goes on", "first goes on"]);
});
