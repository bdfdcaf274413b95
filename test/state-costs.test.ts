/** The costs of src/core/costs.ts against the heap; `npm run bench -- state` prints all of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Thing } from "../bench/state/case.ts";
import { measureState } from "../bench/state.ts";

const measuredThings: readonly Thing[] = [
  "session that lives by its requests",
  "lock with key, lease and slot size",
  "lock, path of 16 segments",
  "waiter with a deadline",
  "waiter, path of 8 segments, in a crowd",
  "lock in a namespace of its own",
  "idle slot size",
];

for (const thing of measuredThings) {
  test(`${thing}: one takes no more heap than it costs, and not much less`, async () => {
    const { counted, measured } = await measureState({ thing, count: 4_200 });
    assert.ok(measured <= counted, `${measured} bytes on the heap, ${counted} counted`);
    assert.ok(measured >= 0.4 * counted, `${measured} bytes on the heap, ${counted} counted`);
  });
}
