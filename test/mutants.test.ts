import assert from "node:assert/strict";
import { test } from "node:test";
import { failingWithoutMutant, huntMutant, mutantNames } from "../testing/mutants/hunt.ts";

test("the checks that hunt mutants pass where there is none", async () => {
  assert.equal(await failingWithoutMutant(), undefined);
});

for (const name of mutantNames()) {
  test(`a check fails when the server would ${name.replaceAll("-", " ")}`, async (t) => {
    const { fault, caughtBy } = await huntMutant(name);
    assert.ok(caughtBy !== undefined, `nothing noticed this: ${fault}`);
    t.diagnostic(caughtBy);
  });
}
