import assert from "node:assert/strict";
import { test } from "node:test";
import { huntMutant, mutantNames } from "../testing/mutants/hunt.ts";

for (const name of mutantNames()) {
  test(`a check fails when the server would ${name.replaceAll("-", " ")}`, async (t) => {
    const { fault, caughtBy } = await huntMutant(name);
    assert.ok(caughtBy !== undefined, `nothing noticed this: ${fault}`);
    t.diagnostic(caughtBy);
  });
}
