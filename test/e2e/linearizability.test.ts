import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNone } from "../../testing/campaigns/campaign.ts";
import { atOnce, histories } from "../../testing/recording/campaign.ts";

/** New ones in every run; `SEED=…` asks the same again, `HISTORIES=…` records more or fewer. */
const firstSeed = Number(process.env.SEED ?? randomInt(2 ** 30));
const count = Number(process.env.HISTORIES ?? 100);

test(`what clients of the real server were told can be explained, in ${count} histories`, async (t) => {
  const { figures, failures } = await histories.run({
    firstSeed,
    count,
    deadlineMs: Number.POSITIVE_INFINITY,
    progress: () => {},
  });
  t.diagnostic(JSON.stringify(figures));
  assertNone(failures);
  const { operations = 0, faults = 0, too_hard, kills = 0 } = figures;
  assert.equal(too_hard, 0);
  assert.equal(figures.histories, count);
  assert.ok(operations >= 100 * count);
  assert.ok(faults >= 3 * count);
  assert.ok(kills >= count / atOnce);
});
