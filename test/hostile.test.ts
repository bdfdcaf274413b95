/**
 * A few attacks of the campaign `hostile`, in brief: the good client beside them hardly notices, and nothing is
 * lost. `npm run campaign -- hostile` tries all, for longer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "../testing/hostile/bounds.ts";
import { briefTimes } from "../testing/hostile/trial.ts";
import { trialNamed } from "../testing/hostile/trials.ts";

const attacks = [
  "one-byte-frames-1",
  "http2-rapid-reset",
  "storm-of-halves",
  "foreign-host",
  "locktopus-abandoned-claims",
];

/** Other tests run at the same time, and the machine may be a slow one. The campaign measures; this looks for harm. */
const slack = 10;

for (const name of attacks) {
  test(`the good client hardly notices ${name}`, async () => {
    const row = await trialNamed(name).run(briefTimes, (wait) => wait());
    assert.deepEqual(faultsOf(row, slack), []);
  });
}
