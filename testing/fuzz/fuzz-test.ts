import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNone, type Campaign } from "../campaigns/campaign.ts";

/** New damage in every run; `SEED=…` does one again. */
export function fuzzTest(name: string, campaign: Campaign, forms = 20_000): void {
  const { SEED } = process.env;
  const firstSeed = SEED === undefined ? randomInt(2 ** 30) : Number(SEED);
  const count = SEED === undefined ? forms : 1;
  test(`${name}, in ${count} forms`, async () => {
    const deadlineMs = Number.POSITIVE_INFINITY;
    const outcome = await campaign.run({ firstSeed, count, deadlineMs, progress() {} });
    assertNone(outcome.failures);
  });
}
